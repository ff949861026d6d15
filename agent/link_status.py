"""How the link is, in words that the kiosk and health share."""

import enum
from dataclasses import dataclass

from contract.link import CLOSE_PROTOCOL, CLOSE_UNAUTHORIZED


class LinkState(enum.Enum):
    """Where the link is in its life."""

    NOT_ENROLLED = "not_enrolled"
    SEARCHING = "searching"
    CONNECTING = "connecting"
    GREETING = "greeting"
    ONLINE = "online"
    WAITING = "waiting"


class Problem(enum.StrEnum):
    """Why the link is not online; the codes of contract.kiosk.LinkView."""

    NONE = ""
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    REVOKED = "revoked"
    OTHER_SITE = "other_site"
    NOT_ENROLLED = "not_enrolled"
    VERSION = "version"


_GOODBYES = {
    "unauthorized": Problem.UNAUTHORIZED,
    "revoked": Problem.REVOKED,
    "forbidden": Problem.UNAUTHORIZED,
    "version": Problem.VERSION,
    "protocol": Problem.VERSION,
}


class LinkEnded(Exception):
    """The connection is over; `problem` says how to show it."""

    def __init__(self, reason: str, problem: Problem = Problem.UNREACHABLE) -> None:
        super().__init__(reason)
        self.problem = problem


@dataclass(slots=True)
class LinkStatus:
    """How the link is, for the kiosk and health; `agent` and `site` as the server names them."""

    state: LinkState = LinkState.CONNECTING
    problem: Problem = Problem.NONE
    agent: str = ""
    site: str = ""

    @property
    def online(self) -> bool:
        """Whether the server answered the greeting on this connection."""
        return self.state is LinkState.ONLINE


def farewell(code: str, detail: str) -> LinkEnded:
    """Return the end that a Goodbye means."""
    return LinkEnded(f"goodbye: {code} {detail}", _GOODBYES.get(code, Problem.UNREACHABLE))


def problem_of_close(code: int | None) -> Problem:
    """Return what a close code means."""
    if code == CLOSE_UNAUTHORIZED:
        return Problem.UNAUTHORIZED
    return Problem.VERSION if code == CLOSE_PROTOCOL else Problem.UNREACHABLE
