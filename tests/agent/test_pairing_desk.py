"""The kiosk's side of pairing, against a server that a test plays."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.identity import Identity
from agent.pairing import Attempt, PairingFailed
from agent.pairing_desk import (
    LONGEST_LIFE_SECONDS,
    LONGEST_POLL_SECONDS,
    SHORTEST_POLL_SECONDS,
    FoundSite,
    PairingDesk,
    pace,
)
from agent.server_address import ServerAddress
from contract.kiosk import (
    ChooseSite,
    ConfirmPairing,
    ConfirmSite,
    Pairing,
    PairWith,
    ShowCode,
    StartPairing,
    StopPairing,
)
from contract.pairing import PairingOffer
from support.agent_process import LONG_ENOUGH

HOME = ServerAddress(True, "honsha.local", "192.0.2.1", 443)
FOUND = FoundSite("site-1", "本社工場", HOME)


def offer(expires_in: int = 900, poll_seconds: int = 1) -> PairingOffer:
    return PairingOffer(
        "p", "s", bytes(32), bytes(32), datetime.now(UTC), expires_in, "", poll_seconds
    )


class Played:
    """A desk with one site in sight, and what it asked for."""

    def __init__(self) -> None:
        self.begun: list[tuple[ServerAddress, str]] = []
        self.paired: list[Identity] = []
        self.fails: PairingFailed | None = None
        self.disk_full = False
        self.stake = 0
        self.offer = offer()
        self._news = asyncio.Event()
        # Nobody listens there: polling fails, and the code stays.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.silent = ServerAddress(False, "127.0.0.1", "127.0.0.1", port)
        self.begin = self._begin
        self.desk = PairingDesk(
            self._ask,
            lambda: (FOUND,),
            lambda _: self.stake,
            self._keep,
            self._news.set,
        )

    def _ask(self, address: ServerAddress, site: str) -> Attempt:
        return self.begin(address, site)

    def _begin(self, address: ServerAddress, site: str) -> Attempt:
        self.begun.append((address, site))
        if self.fails is not None:
            raise self.fails
        code = "BCDFGHJ" + "BCDFGHJKLMNPQRSTVWXZ"[len(self.begun) % 20]
        return Attempt(self.silent, site, code, self.offer, bytes(32), None)

    async def _keep(self, identity: Identity) -> None:
        if self.disk_full:
            raise PairingFailed("disk", "no space")
        self.paired.append(identity)

    async def sees(self, what: Callable[[Pairing | None], bool]) -> Pairing | None:
        async with asyncio.timeout(LONG_ENOUGH):
            while not what(view := self.desk.view()):
                self._news.clear()
                await self._news.wait()
        return view


@pytest.fixture
async def played() -> AsyncIterator[Played]:
    made = Played()
    async with running(made):
        yield made


@asynccontextmanager
async def running(made: Played) -> AsyncIterator[None]:
    task = asyncio.create_task(made.desk.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_sites_that_are_there_are_offered(played: Played) -> None:
    assert played.desk.view() is None
    played.desk.handle(StartPairing())
    view = played.desk.view()
    assert isinstance(view, ChooseSite)
    assert [(site.name, site.address) for site in view.sites] == [
        ("本社工場", "https://honsha.local")
    ]


async def test_a_chosen_site_is_asked_where_mdns_says_and_its_code_is_shown(
    played: Played,
) -> None:
    played.desk.handle(PairWith(site="site-1"))
    view = await played.sees(lambda view: isinstance(view, ShowCode))
    assert isinstance(view, ShowCode)
    assert played.begun == [(HOME, "site-1")]
    assert view.code == "BCDF-GHJC"
    assert 0 < view.ends_ms <= 900_000


async def test_while_nobody_answers_the_code_stays_and_says_so(played: Played) -> None:
    played.desk.handle(PairWith(site="site-1"))
    await played.sees(lambda view: isinstance(view, ShowCode) and view.problem == "unreachable")
    assert len(played.begun) == 1


async def test_an_expired_code_is_followed_by_another(played: Played) -> None:
    played.offer = offer(expires_in=0)
    played.desk.handle(PairWith(address="genba.local"))
    first = await played.sees(lambda view: isinstance(view, ShowCode))
    assert isinstance(first, ShowCode)
    await played.sees(lambda view: isinstance(view, ShowCode) and view.code != first.code)
    assert {address.name for address, _ in played.begun} == {"genba.local"}


@pytest.mark.parametrize("code", ["unreachable", "certificate", "busy", "refused"])
async def test_a_failure_is_said_beside_the_address_that_was_typed(
    played: Played, code: str
) -> None:
    played.fails = PairingFailed(code, "reason")
    played.desk.handle(PairWith(address="genba.local"))
    view = await played.sees(lambda view: isinstance(view, ChooseSite))
    assert isinstance(view, ChooseSite)
    assert (view.problem, view.address) == (code, "https://genba.local")


async def test_what_is_no_address_is_said_at_once(played: Played) -> None:
    played.desk.handle(PairWith(address="本社"))
    view = played.desk.view()
    assert isinstance(view, ChooseSite)
    assert (view.problem, view.address) == ("bad_address", "本社")
    assert played.begun == []


async def test_back_goes_to_the_choice_and_then_to_the_counter(played: Played) -> None:
    played.desk.handle(PairWith(site="site-1"))
    await played.sees(lambda view: isinstance(view, ShowCode))
    played.desk.handle(StopPairing())
    assert isinstance(played.desk.view(), ChooseSite)
    played.desk.handle(StopPairing())
    assert played.desk.view() is None


async def test_a_confirmation_that_nobody_asked_for_confirms_nothing(played: Played) -> None:
    played.desk.handle(ConfirmPairing())
    played.desk.handle(PairWith(site="site-1"))
    await played.sees(lambda view: isinstance(view, ShowCode))
    assert not isinstance(played.desk.view(), ConfirmSite)
    assert played.paired == []


async def test_of_many_touches_the_last_one_counts(played: Played) -> None:
    for _ in range(100):
        played.desk.handle(PairWith(site="site-1"))
        played.desk.handle(StopPairing())
    played.desk.handle(PairWith(address="genba.local"))
    await played.sees(lambda view: isinstance(view, ShowCode))
    assert [address.name for address, _ in played.begun] == ["genba.local"]


async def test_a_code_that_comes_after_one_went_back_is_not_shown(played: Played) -> None:
    asked, answer = threading.Event(), threading.Event()
    begin = played.begin

    def slow(address: ServerAddress, site: str) -> Attempt:
        asked.set()
        answer.wait(LONG_ENOUGH)
        return begin(address, site)

    played.begin = slow
    played.desk.handle(PairWith(site="site-1"))
    await asyncio.to_thread(asked.wait, LONG_ENOUGH)
    played.desk.handle(StopPairing())
    answer.set()
    played.begin = begin
    played.desk.handle(StartPairing())
    played.fails = PairingFailed("busy", "reason")
    played.desk.handle(PairWith(site="site-1"))
    view = await played.sees(lambda view: isinstance(view, ChooseSite) and view.problem != "")
    assert isinstance(view, ChooseSite)
    assert view.problem == "busy"


@given(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))
def test_no_server_sets_a_pace_that_harms(expires_in: int, poll_seconds: int) -> None:
    life, pause = pace(offer(expires_in, poll_seconds))
    assert SHORTEST_POLL_SECONDS <= life <= LONGEST_LIFE_SECONDS
    assert SHORTEST_POLL_SECONDS <= pause <= LONGEST_POLL_SECONDS
