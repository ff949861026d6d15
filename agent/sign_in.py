"""Signing in at the kiosk: the PIN goes to the server over the link, the ticket to one page.

Nothing of it is kept, in no file, queue or State: without the link nobody can sign in, and what
waits for an answer is forgotten with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed

from contract.cards import CardUid
from contract.ids import PersonId, new_id
from contract.link import SignIn, SignInAnswer
from contract.sign_in import PinAnswer, SignInResult

ANSWER_SECONDS = 8.0

_UNAVAILABLE = PinAnswer(SignInResult.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the kiosk, and the card that says so."""

    person: PersonId
    card: CardUid


@dataclass(frozen=True, slots=True)
class _Line:
    send: Callable[[SignIn], Awaitable[None]]
    site: str


class SignIns:
    """Asks the server for whoever stands at the kiosk.

    `visitor` tells who that is now, `entered` is called when they have left for the site's pages.
    """

    def __init__(
        self,
        visitor: Callable[[], Visitor | None],
        entered: Callable[[], None],
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._visitor = visitor
        self._entered = entered
        self._answer_seconds = answer_seconds
        self._line: _Line | None = None
        self._waiting: dict[str, asyncio.Future[SignInAnswer | None]] = {}

    @contextmanager
    def over(self, send: Callable[[SignIn], Awaitable[None]], site: str) -> Iterator[None]:
        """Ask over this link until the block ends; `site` is the URL of the site's pages."""
        self._line = _Line(send, site)
        try:
            yield
        finally:
            self._line = None
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_result(None)

    def take(self, answer: SignInAnswer) -> None:
        """Hand an answer to whoever waits for it; one that nobody waits for is dropped."""
        waiting = self._waiting.get(answer.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def enter(self, pin: str) -> PinAnswer:
        """Return what the page of whoever typed this PIN is told."""
        visitor = self._visitor()
        if visitor is None:
            return PinAnswer(SignInResult.REFUSED)
        answer = await self._ask(visitor, pin)
        if answer.result is SignInResult.OK:
            if self._visitor() != visitor:
                # They left, and somebody else may stand there now: the ticket is nobody's.
                return PinAnswer(SignInResult.REFUSED)
            self._entered()
        return answer

    async def _ask(self, visitor: Visitor, pin: str) -> PinAnswer:
        line = self._line
        if line is None:
            return _UNAVAILABLE
        asked = SignIn(new_id(), visitor.person, visitor.card, pin)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[asked.request] = waiting
        try:
            async with asyncio.timeout(self._answer_seconds):
                await line.send(asked)
                told: SignInAnswer | None = await waiting
        except (TimeoutError, ConnectionClosed):
            return _UNAVAILABLE
        finally:
            del self._waiting[asked.request]
        if told is None:
            return _UNAVAILABLE
        if told.result is SignInResult.OK:
            return PinAnswer(SignInResult.OK, told.ticket, line.site)
        return PinAnswer(told.result, minutes=told.minutes)
