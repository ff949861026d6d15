"""Readiness: reader present, page drawing, queue moving, clock known."""

from dataclasses import replace

import pytest

from agent.health import Health, health
from agent.link_status import LinkState, LinkStatus, Problem
from contract.link import ReaderReport, ReaderState

READY = ReaderReport("virtual", "virtual", ReaderState.READY, "ready")
GONE = ReaderReport("pcsc", "pcsc", ReaderState.UNAVAILABLE, "pcscd_unreachable")
ONLINE = LinkStatus(LinkState.ONLINE)


def asked(
    readers: tuple[ReaderReport, ...] = (READY,),
    drawing: float | None = 1.0,
    waiting: int = 0,
    still_us: int = 0,
    set_aside: int = 0,
    clock_known: bool = True,
    link: LinkStatus = ONLINE,
) -> Health:
    return health("1", list(readers), drawing, waiting, still_us, set_aside, clock_known, link)


def test_a_kiosk_in_order_is_ready() -> None:
    assert asked().ready


def test_a_kiosk_without_the_server_is_ready_and_says_why_it_is_offline() -> None:
    offline = replace(ONLINE, state=LinkState.WAITING, problem=Problem.UNAUTHORIZED)
    answer = asked(waiting=40, still_us=10**9, link=offline)
    assert answer.ready
    assert (answer.online, answer.link.code) == (False, "unauthorized")


@pytest.mark.parametrize(
    ("answer", "check", "code"),
    [
        (asked(readers=()), "reader", "no_reader"),
        (asked(readers=(GONE,)), "reader", "pcscd_unreachable"),
        (asked(drawing=None), "page", "no_page"),
        (asked(drawing=16), "page", "page_not_drawing"),
        (asked(waiting=1, still_us=121_000_000), "queue", "queue_stuck"),
        (asked(set_aside=1), "queue", "queue_was_damaged"),
        (asked(clock_known=False), "clock", "clock_unknown"),
    ],
)
def test_what_is_missing_is_told_by_its_code(answer: Health, check: str, code: str) -> None:
    assert not answer.ready
    assert getattr(answer, check).code == code


def test_one_working_reader_is_enough() -> None:
    assert asked(readers=(GONE, READY)).ready
