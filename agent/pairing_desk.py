"""The kiosk's side of pairing: which site, which code, and what came of it.

One pairing at a time. Cards work meanwhile; nothing here touches the queue.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from agent.asking import AskError
from agent.identity import Identity
from agent.pairing import TOO_MANY, Attempt, PairingFailed
from agent.server_address import BadAddress, ServerAddress, read_address
from contract.kiosk import (
    AskingSite,
    ChooseSite,
    ConfirmPairing,
    ConfirmSite,
    Pair,
    Pairing,
    PairWith,
    ShowCode,
    SiteView,
    StartPairing,
    StopPairing,
)
from contract.pairing import PairingOffer, PollApproved, PollExpired, PollRefused, shown

log = logging.getLogger(__name__)

# A server that says 0, or a day, does not set our pace.
SHORTEST_POLL_SECONDS, LONGEST_POLL_SECONDS = 1.0, 30.0
LONGEST_LIFE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class FoundSite:
    """A site whose server can be asked: its id and name as it announces them.

    `others` are further addresses that its announcement tells.
    """

    id: str
    name: str
    address: ServerAddress
    others: tuple[ServerAddress, ...] = ()


def pace(offer: PairingOffer) -> tuple[float, float]:
    """Return how long a code lives and how often to poll, in seconds, within what is sensible."""
    life = max(SHORTEST_POLL_SECONDS, min(offer.expires_in, LONGEST_LIFE_SECONDS))
    return life, max(SHORTEST_POLL_SECONDS, min(offer.poll_seconds, LONGEST_POLL_SECONDS))


Begin = Callable[[ServerAddress, str], Attempt]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A code on the screen, until the monotonic second `ends`."""

    attempt: Attempt
    ends: float
    problem: str = ""


_Stage = ChooseSite | AskingSite | _Shown | ConfirmSite


class PairingDesk:
    """Feed it with `handle`, run `run`; `paired` gets the identity that came of it."""

    def __init__(
        self,
        begin: Begin,
        sites: Callable[[], Sequence[FoundSite]],
        at_stake: Callable[[Identity], int],
        paired: Callable[[Identity], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        """`at_stake` tells how many waiting rows would go to another site than they were for."""
        self._begin = begin
        self._sites = sites
        self._at_stake = at_stake
        self._paired = paired
        self._confirmed = asyncio.Event()
        self._changed = changed
        self._wanted: _Wish | None = None
        self._wished = asyncio.Event()
        self._stage: _Stage | None = None

    def view(self) -> Pairing | None:
        """Return what the page draws, or None where nobody is pairing."""
        match self._stage:
            case ChooseSite(problem=problem, address=address):
                found = tuple(SiteView(s.id, s.name, s.address.url) for s in self._sites())
                return ChooseSite(found, problem, address)
            case _Shown(attempt=attempt, ends=ends, problem=problem):
                left = max(0, int((ends - time.monotonic()) * 1000))
                return ShowCode(shown(attempt.code), attempt.address.url, left, problem)
            case stage:
                return stage

    def handle(self, message: Pair) -> None:
        """Take a touch of the page."""
        match message:
            case StartPairing():
                if self._stage is None:
                    self._show(ChooseSite())
            case StopPairing():
                at_choice = self._stage is None or isinstance(self._stage, ChooseSite)
                self._wish(None)
                self._show(None if at_choice else ChooseSite())
            case ConfirmPairing():
                self._confirmed.set()
            case PairWith(site=site, address=address):
                self._choose(site, address)

    def _choose(self, site: str, typed: str) -> None:
        found = next((each for each in self._sites() if site and each.id == site), None)
        try:
            address = found.address if found is not None else read_address(typed)
        except BadAddress:
            self._show(ChooseSite((), "bad_address", typed[:200]))
            return
        self._wish(_Wish(address, "" if found is None else found.id))

    def _wish(self, wish: "_Wish | None") -> None:
        self._wanted = wish
        self._wished.set()

    def _show_for(self, wish: "_Wish", stage: _Stage | None) -> None:
        """Show how a wish stands, unless it has been given up meanwhile."""
        if self._wanted is wish:
            self._show(stage)

    def _show(self, stage: _Stage | None) -> None:
        self._stage = stage
        self._changed()

    async def run(self) -> None:
        """Serve wishes until cancelled; a new one takes the place of the last."""
        async with asyncio.TaskGroup() as group:
            current: asyncio.Task[None] | None = None
            while True:
                await self._wished.wait()
                self._wished.clear()
                if current is not None:
                    current.cancel()
                wish = self._wanted
                current = None if wish is None else group.create_task(self._pair(wish))

    async def _pair(self, wish: "_Wish") -> None:
        """Show codes, one after the other as they expire, until an admin has decided."""
        while True:
            self._show_for(wish, AskingSite(wish.address.url))
            try:
                attempt = await asyncio.to_thread(self._begin, wish.address, wish.site)
            except PairingFailed as exc:
                log.warning("no pairing code", extra={"reason": str(exc), "code": exc.code})
                self._show_for(wish, wish.failed(exc.code))
                return
            match await self._decision(wish, attempt):
                case PollApproved() as approved:
                    await self._adopt(wish, attempt, approved)
                    return
                case PollRefused():
                    self._show_for(wish, wish.failed("refused"))
                    return

    async def _adopt(self, wish: "_Wish", attempt: Attempt, approved: PollApproved) -> None:
        """Become what was approved; rows for another site wait for a person to say yes."""
        identity = attempt.identity(approved)
        if waiting := self._at_stake(identity):
            self._confirmed.clear()
            self._show_for(wish, ConfirmSite(approved.site, wish.address.url, waiting))
            await self._confirmed.wait()
        if self._wanted is not wish:
            return
        try:
            await self._paired(identity)
        except PairingFailed as exc:
            log.error("the new identity could not be kept", extra={"reason": str(exc)})
            self._show_for(wish, wish.failed(exc.code))
        else:
            self._show_for(wish, None)

    async def _decision(
        self, wish: "_Wish", attempt: Attempt
    ) -> PollApproved | PollRefused | PollExpired:
        life, pause = pace(attempt.offer)
        ends = time.monotonic() + life
        problem = ""
        self._show_for(wish, _Shown(attempt, ends))
        while time.monotonic() < ends:
            await asyncio.sleep(pause)
            before = problem
            try:
                answer = await asyncio.to_thread(attempt.poll)
            except AskError as exc:
                log.info("pairing cannot be polled", extra={"reason": str(exc)})
                # Told to come back later, it comes back later: that is no trouble to show.
                problem = problem if exc.status == TOO_MANY else "unreachable"
            else:
                if isinstance(answer, PollApproved | PollRefused | PollExpired):
                    return answer
                problem = ""
            if problem != before:
                self._show_for(wish, _Shown(attempt, ends, problem))
        return PollExpired()


@dataclass(frozen=True, slots=True)
class _Wish:
    """A server to be paired with; `site` is empty for a typed address."""

    address: ServerAddress
    site: str

    def failed(self, code: str) -> ChooseSite:
        """Return the choice once more, with what was typed and why it gave no code."""
        return ChooseSite((), code, "" if self.site else self.address.url)
