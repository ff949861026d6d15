"""Signing in at a kiosk: a card that was shown there, and its holder's PIN.

The kiosk's agent sends both over its link and gets a ticket; the kiosk's browser opens the site's
pages with it. The PIN is in no browser's request, and the session's secret in no agent.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from contract.ids import AgentId
from contract.link import SignIn, SignInAnswer
from contract.sign_in import SignInResult
from server.kernel.auth import digest, new_secret
from server.kernel.database import Connection, Database, DatabaseUnavailable
from server.kernel.journal import Journal
from server.kernel.limits import Buckets, Policy
from server.kernel.problems import NotFound
from server.modules.accounts import events, store, store_kiosk, store_lockouts
from server.modules.accounts.model import Account, LinkVoid, LockedOut, Method, SessionKind
from server.modules.accounts.passwords import Passwords, TooBusy
from server.modules.accounts.rules import vouches
from server.modules.accounts.sign_in import Opened, Origin, SignIns, pin_key
from server.modules.people.service import People

TICKET_LASTS = timedelta(seconds=60)
# More than people at one kiosk type, and too few to try PINs of many accounts.
ATTEMPTS = Policy("kiosk-sign-in", 10, 60)


class KioskSignIns:
    """Answers agents, and opens the sessions of their kiosks."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        sign_ins: SignIns,
        passwords: Passwords,
        people: People,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._journal = journal
        self._sign_ins = sign_ins
        self._passwords = passwords
        self._people = people
        self._attempts = Buckets(clock)

    async def answer(self, agent: AgentId, asked: SignIn) -> SignInAnswer:
        """Answer an agent; what was counted is committed. Never raises for what it was asked."""
        if self._attempts.take(ATTEMPTS, agent).wait:
            return SignInAnswer(asked.request, SignInResult.BUSY)
        try:
            # Not run(): whoever waits at the kiosk tries again sooner than a retry would come.
            async with self._database.transaction() as connection:
                return await self._answer(connection, agent, asked)
        except TooBusy:
            return SignInAnswer(asked.request, SignInResult.BUSY)
        except DatabaseUnavailable:
            return SignInAnswer(asked.request, SignInResult.UNAVAILABLE)

    async def enter(self, connection: Connection, secret: str, origin: Origin) -> Opened:
        """Open a kiosk's session with a ticket. Raises LinkVoid."""
        used = await store_kiosk.use_ticket(connection, digest(secret))
        account = await store.account_by_id(connection, used[0]) if used else None
        if used is None or account is None or account.disabled:
            raise LinkVoid()
        at = replace(origin, agent=used[1])
        return await self._sign_ins.open(connection, account, SessionKind.KIOSK, Method.CARD, at)

    async def end(self, agent: AgentId) -> None:
        """End what is open at the kiosk of an agent that was revoked or got another key."""
        await self._database.run(lambda connection: self._end(connection, agent))

    async def _answer(self, connection: Connection, agent: AgentId, asked: SignIn) -> SignInAnswer:
        try:
            person = await self._people.person(connection, asked.person)
        except NotFound:
            return SignInAnswer(asked.request, SignInResult.NO_PIN)
        account = await store.account_by_person(connection, person.id)
        if account is None or not account.has_pin:
            return SignInAnswer(asked.request, SignInResult.NO_PIN)
        with self._passwords.attempt():
            key = pin_key(account.id)
            if locked := await self._sign_ins.locked(connection, key):
                return _locked(asked, locked)
            kept = await store.pin_hash(connection, account.id)
            matches = await self._passwords.matches(kept, asked.pin)
            if not matches or account.disabled or not vouches(asked.card, person):
                origin = Origin("", "", agent)
                refused = await self._sign_ins.failed(
                    connection, key, account.login, Method.CARD, origin
                )
                if isinstance(refused, LockedOut):
                    return _locked(asked, refused)
                return SignInAnswer(asked.request, SignInResult.REFUSED)
        await store_lockouts.forget_lockout(connection, key)
        return SignInAnswer(
            asked.request, SignInResult.OK, await self._ticket(connection, agent, account)
        )

    async def _ticket(self, connection: Connection, agent: AgentId, account: Account) -> str:
        """Return a fresh ticket; whoever was signed in at this kiosk is so no longer."""
        await self._end(connection, agent)
        secret = new_secret()
        await store_kiosk.insert_ticket(connection, digest(secret), account.id, agent, TICKET_LASTS)
        return secret

    async def _end(self, connection: Connection, agent: AgentId) -> None:
        await store_kiosk.void_tickets(connection, agent)
        for ended in await store_kiosk.end_sessions(connection, agent):
            news = events.SignInNews("", "")
            await self._journal.tell(
                connection, f"agent:{agent}", events.SESSION_REVOKED, ended, news, device=agent
            )


def _locked(asked: SignIn, problem: LockedOut) -> SignInAnswer:
    return SignInAnswer(asked.request, SignInResult.LOCKED, minutes=int(problem.words["minutes"]))
