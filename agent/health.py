"""Whether the kiosk can be used: reader present, page drawing, queue moving, clock known. Pure."""

import msgspec

from agent.link_status import LinkState, LinkStatus, Problem
from contract.link import ReaderReport, ReaderState

DRAWING_SECONDS = 15
STUCK_US = 120 * 1_000_000


class Check(msgspec.Struct, frozen=True):
    """One readiness check; `code` is stable, `ok` where all is well."""

    ok: bool
    code: str


class Health(msgspec.Struct, frozen=True):
    """The answer of `/health`. `ready` is true when every check is ok."""

    ready: bool
    version: str
    waiting: int
    online: bool
    set_aside: int
    reader: Check
    page: Check
    queue: Check
    clock: Check
    link: Check


_OK = Check(True, "ok")


def check_reader(readers: list[ReaderReport]) -> Check:
    """A reader is ready, or the code of the first that is not."""
    if any(reader.state is ReaderState.READY for reader in readers):
        return _OK
    codes = sorted(reader.message or reader.state.value for reader in readers)
    return Check(False, codes[0] if codes else "no_reader")


def check_page(seconds_since_drawing: float | None) -> Check:
    """A page has said lately that it draws."""
    if seconds_since_drawing is None:
        return Check(False, "no_page")
    return _OK if seconds_since_drawing < DRAWING_SECONDS else Check(False, "page_not_drawing")


def check_queue(waiting: int, online: bool, still_us: int, set_aside: int) -> Check:
    """Rows leave the queue while the server is there; `still_us` is since one last left."""
    if set_aside:
        return Check(False, "queue_was_damaged")
    if waiting and online and still_us > STUCK_US:
        return Check(False, "queue_stuck")
    return _OK


def check_clock(known: bool) -> Check:
    """Wall time is believed."""
    return _OK if known else Check(False, "clock_unknown")


def check_link(status: LinkStatus) -> Check:
    """The server answers. A kiosk is ready without it: this one is told, not counted."""
    if status.state is LinkState.ONLINE:
        return _OK
    return Check(False, status.problem or Problem.UNREACHABLE)


def health(
    version: str,
    readers: list[ReaderReport],
    seconds_since_drawing: float | None,
    waiting: int,
    still_us: int,
    set_aside: int,
    clock_known: bool,
    link: LinkStatus,
) -> Health:
    """Put the checks together."""
    reader, page = check_reader(readers), check_page(seconds_since_drawing)
    queue = check_queue(waiting, link.online, still_us, set_aside)
    clock = check_clock(clock_known)
    return Health(
        ready=all(check.ok for check in (reader, page, queue, clock)),
        version=version,
        waiting=waiting,
        online=link.online,
        set_aside=set_aside,
        reader=reader,
        page=page,
        queue=queue,
        clock=clock,
        link=check_link(link),
    )
