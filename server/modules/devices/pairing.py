"""Pairing: an agent shows a code on its kiosk, an admin types it here (RFC 8628 in shape)."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from hmac import compare_digest

import asyncpg
from msgspec import UNSET

from contract.ids import new_id
from contract.pairing import (
    PairingOffer,
    PairingRequest,
    PollAnswer,
    PollApproved,
    PollExpired,
    PollRefused,
    PollWaiting,
    Reveal,
    commitment,
    pairing_code,
    reveal_claim,
    typed,
)
from contract.proof import NONCE_BYTES
from server.kernel.auth import digest, new_secret
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import Invalid, NotFound, Problem
from server.modules.devices import events
from server.modules.devices import store_pairing as store
from server.modules.devices.identity import SiteIdentity, is_signed
from server.modules.devices.model import (
    Agent,
    Approval,
    CodesLocked,
    CodeWrong,
    Pairing,
    PairingBroken,
    PairingsFull,
    PairingState,
    WaitingPairing,
)
from server.modules.devices.rules import (
    MAX_FAILURES,
    MAX_WAITING,
    MAX_WAITING_FROM_ONE_ADDRESS,
    PAIRING_LIFE,
    after_wrong_code,
)
from server.modules.devices.service import Devices
from server.modules.people.service import checked_id


class Pairings:
    """Agents that ask, and admins who decide. Every command runs in its caller's transaction."""

    def __init__(
        self,
        journal: Journal,
        devices: Devices,
        identity: SiteIdentity,
        site: Callable[[], str],
    ) -> None:
        self._journal = journal
        self._devices = devices
        self._identity = identity
        self._site = site

    # --- the agent's side

    async def ask(
        self, connection: Connection, asked: PairingRequest, address: str
    ) -> PairingOffer:
        """Begin a pairing. An address that asks too often loses its oldest. Raises PairingsFull."""
        await store.lock_asking(connection)
        await store.delete_oldest_of(connection, address, MAX_WAITING_FROM_ONE_ADDRESS - 1)
        if await store.count_waiting(connection) >= MAX_WAITING:
            raise PairingsFull(retry_after=60)
        offer = PairingOffer(
            pairing=new_id(),
            secret=new_secret(),
            server_nonce=secrets.token_bytes(NONCE_BYTES),
            site_key=self._identity.public_key,
            expires_at=datetime.now(UTC) + PAIRING_LIFE,
            expires_in=int(PAIRING_LIFE.total_seconds()),
            ca=self._identity.ca,
        )
        await store.insert_pairing(
            connection,
            offer.pairing,
            asked,
            secret_hash=digest(offer.secret),
            server_nonce=offer.server_nonce,
            ca=offer.ca,
            address=address,
            expires_at=offer.expires_at,
        )
        return offer

    async def reveal(self, connection: Connection, pairing: str, shown: Reveal) -> PollAnswer:
        """Take the agent's nonce; from now on an admin can type the code that follows from it.

        Repeating changes nothing. Raises PairingBroken if nonce or signature do not fit.
        """
        found = await self._of_agent(connection, pairing, shown.secret)
        if found is None or not found.alive:
            return PollExpired()
        site_key = self._identity.public_key
        claim = reveal_claim(found.id, site_key, found.server_nonce, shown.agent_nonce)
        if not (
            compare_digest(commitment(shown.agent_nonce), found.commitment)
            and is_signed(claim, shown.signature, found.agent_key)
        ):
            raise PairingBroken()
        if found.state is not PairingState.BEGUN:
            return await self._answer(connection, found)
        code = pairing_code(
            found.agent_key, site_key, found.ca, found.server_nonce, shown.agent_nonce
        )
        try:
            async with connection.transaction():
                await store.reveal_pairing(connection, found.id, code)
        except asyncpg.UniqueViolationError as error:  # once in 20^8: it begins anew
            raise PairingBroken() from error
        news = events.PairingNews(found.hostname, found.address)
        await self._journal.tell(connection, "nobody", events.PAIRING_ASKED, found.id, news)
        return PollWaiting()

    async def poll(self, connection: Connection, pairing: str, secret: str) -> PollAnswer:
        """Say what has become of a pairing, to the agent that began it."""
        found = await self._of_agent(connection, pairing, secret)
        return PollExpired() if found is None else await self._answer(connection, found)

    async def _answer(self, connection: Connection, pairing: Pairing) -> PollAnswer:
        if pairing.state is PairingState.REFUSED:
            return PollRefused()
        if pairing.agent is not None:
            agent = await self._devices.agent(connection, pairing.agent)
            return PollApproved(agent.id, agent.name, agent.place, self._site())
        return PollWaiting() if pairing.alive else PollExpired()

    async def _of_agent(self, connection: Connection, pairing: str, secret: str) -> Pairing | None:
        try:
            found = await store.pairing_by_id(connection, checked_id(pairing))
        except NotFound:
            return None
        if found is None or not compare_digest(found.secret_hash, digest(secret)):
            return None
        return found

    # --- the admin's side

    async def waiting(self, connection: Connection) -> list[WaitingPairing]:
        """Return which agents show a code now."""
        return await store.list_waiting(connection)

    async def approve(
        self, connection: Connection, actor: str, approval: Approval
    ) -> Agent | Problem:
        """Make the agent that shows this code one of ours, or let it take another one's place.

        Returns CodeWrong, which was counted, or CodesLocked: the transaction is to be kept. Raises
        Invalid without a name, NotFound for what it replaces, AlreadyThere.
        """
        now = datetime.now(UTC)
        lock = await store.lock_of_codes(connection, actor)
        if lock is not None and (minutes := lock.minutes_left(now)):
            return CodesLocked(minutes=minutes, retry_after=minutes * 60)
        code = typed(approval.code)
        if not code:  # not a code at all: a slip, not a guess
            raise Invalid(field="code", expected="XXXX-XXXX")
        found = await store.pairing_by_code(connection, code)
        if found is None:
            lock = after_wrong_code(lock, now)
            await store.keep_lock_of_codes(connection, actor, lock)
            kind = events.CODE_LOCKED if lock.until else events.CODE_REFUSED
            news = events.CodeNews(lock.failures)
            await self._journal.tell(connection, actor, kind, actor, news)
            if minutes := lock.minutes_left(now):
                return CodesLocked(minutes=minutes, retry_after=minutes * 60)
            return CodeWrong(field="code", left=MAX_FAILURES - lock.failures)
        name = "" if approval.name is UNSET else approval.name
        if approval.replaces is not None:
            agent = await self._devices.replace(
                connection, actor, approval.replaces, name, approval.place, found.agent_key
            )
        elif name:
            added = await self._devices.add(
                connection, actor, name, approval.place, found.agent_key
            )
            agent = await self._devices.agent(connection, added)
        else:
            raise Invalid(field="name")
        await store.forget_lock_of_codes(connection, actor)
        await store.settle_pairing(connection, found.id, agent.id)
        told = events.PairingNews(found.hostname, found.address, agent.id, agent.name)
        await self._journal.tell(connection, actor, events.PAIRING_APPROVED, found.id, told)
        return agent

    async def refuse(self, connection: Connection, actor: str, pairing: str) -> None:
        """Say no to an agent that waits. Repeating changes nothing. Raises NotFound."""
        found = await store.pairing_by_id(connection, checked_id(pairing))
        if found is None or found.state is PairingState.APPROVED:
            raise NotFound()
        if found.state is PairingState.REFUSED:
            return
        await store.settle_pairing(connection, found.id, None)
        news = events.PairingNews(found.hostname, found.address)
        await self._journal.tell(connection, actor, events.PAIRING_REFUSED, found.id, news)
