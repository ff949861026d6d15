"""Passkeys: making, naming and removing one's own, and proving who one is with them."""

import secrets
from datetime import timedelta

import asyncpg

from server.kernel.auth import Principal, digest
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import AlreadyThere, NotFound, PreconditionFailed, Problem
from server.modules.accounts import (
    events,
    store,
    store_factors,
    store_lockouts,
    store_passkeys,
    store_sessions,
)
from server.modules.accounts.ceremonies import (
    ALGORITHMS,
    Place,
    challenge_in,
    check_assertion,
    check_attestation,
    decode,
    encode,
    is_clone,
)
from server.modules.accounts.model import Account, LockedOut, Method, SessionKind
from server.modules.accounts.own import Own
from server.modules.accounts.passkey_model import (
    Assertion,
    AssertionOptions,
    Ceremony,
    KeyType,
    NewPasskey,
    Passkey,
    PasskeyRefused,
    PasskeyUser,
    RegistrationOptions,
    RelyingParty,
    TooManyPasskeys,
)
from server.modules.accounts.sign_in import Opened, Origin, SignIns

CHALLENGE_LASTS = timedelta(minutes=5)
_MILLISECONDS = int(CHALLENGE_LASTS.total_seconds()) * 1000
MOST_PASSKEYS = 20
# Who a refused passkey belongs to is not known when it is unknown itself.
_UNKNOWN = "(passkey)"


class PasskeyKeeper:
    """Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, sign_ins: SignIns, own: Own) -> None:
        self._journal = journal
        self._sign_ins = sign_ins
        self._own = own

    # --- one's own passkeys

    async def passkeys(self, connection: Connection, principal: Principal) -> list[Passkey]:
        """Return the caller's passkeys. Raises Forbidden for a token."""
        account = await self._own.account(connection, principal)
        return await store_passkeys.list_passkeys(connection, account.id)

    async def registration(
        self, connection: Connection, principal: Principal, place: Place, site: str
    ) -> RegistrationOptions:
        """Return what the browser needs to make a passkey. Raises ConfirmFirst, Forbidden."""
        account = await self._own.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        return RegistrationOptions(
            challenge=await self._challenge(connection, Ceremony.REGISTRATION, account.id),
            rp=RelyingParty(place.rp, site),
            user=PasskeyUser(_handle(account.id), account.login, account.name),
            pub_key_cred_params=tuple(KeyType(int(algorithm)) for algorithm in ALGORITHMS),
            exclude_credentials=await store_passkeys.known_credentials(
                connection, account.id, place.rp
            ),
            timeout=_MILLISECONDS,
        )

    async def add(
        self, connection: Connection, principal: Principal, wanted: NewPasskey, place: Place
    ) -> Passkey:
        """Keep a passkey that the browser made.

        Raises ConfirmFirst, Forbidden, PasskeyRefused, TooManyPasskeys, AlreadyThere.
        """
        account = await self._own.account(connection, principal)
        await self._sign_ins.require_recent_proof(connection, principal)
        challenge = challenge_in(wanted.credential)
        if not await self._use(connection, challenge, Ceremony.REGISTRATION, account.id):
            raise PasskeyRefused()
        key = check_attestation(wanted.credential, challenge, place)
        # Two at once must not both be the last one that is allowed.
        await store.account_by_id(connection, account.id, lock=True)
        if len(await store_passkeys.list_passkeys(connection, account.id)) >= MOST_PASSKEYS:
            raise TooManyPasskeys(most=MOST_PASSKEYS)
        try:
            async with connection.transaction():
                await store_passkeys.insert_passkey(
                    connection,
                    account.id,
                    wanted.name.strip(),
                    place.rp,
                    key,
                    wanted.credential.transports,
                )
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="credential") from error
        await store_factors.note_two_factors(connection, principal.session or "")
        if (await store_factors.held(connection, account.id)).covered:
            await self._sign_ins.end_single_factor(connection, principal, account.id)
        made = await self._passkey(connection, account, encode(key.credential))
        await self._tell(connection, principal, events.PASSKEY_ADDED, account, made)
        return made

    async def rename(
        self, connection: Connection, principal: Principal, passkey: str, name: str, version: int
    ) -> Passkey:
        """Give an own passkey another name. Raises NotFound, PreconditionFailed."""
        account = await self._own.account(connection, principal)
        before = await self._passkey(connection, account, passkey)
        if before.version != version:
            raise PreconditionFailed(current=before.version)
        await store_passkeys.rename_passkey(connection, decode(before.id), name.strip())
        after = await self._passkey(connection, account, before.id)
        await self._tell(connection, principal, events.PASSKEY_RENAMED, account, after)
        return after

    async def remove(self, connection: Connection, principal: Principal, passkey: str) -> None:
        """Forget an own passkey: it signs nobody in any more. Raises NotFound, ConfirmFirst."""
        account = await self._own.account(connection, principal)
        found = await self._passkey(connection, account, passkey)
        await self._sign_ins.require_recent_proof(connection, principal)
        await store_passkeys.delete_passkey(connection, decode(found.id))
        await self._tell(connection, principal, events.PASSKEY_REMOVED, account, found)

    # --- proving who one is

    async def sign_in_options(self, connection: Connection, place: Place) -> AssertionOptions:
        """Return what the browser needs to look for a passkey of this site, whosever it is."""
        return AssertionOptions(
            challenge=await self._challenge(connection, Ceremony.SIGN_IN, None),
            rp_id=place.rp,
            allow_credentials=(),
            timeout=_MILLISECONDS,
        )

    async def sign_in(
        self, connection: Connection, answer: Assertion, place: Place, origin: Origin
    ) -> Opened | Problem:
        """Sign in. Returns PasskeyRefused or LockedOut: what was used and counted must be kept."""
        found = await self._check(connection, answer, place, origin, Ceremony.SIGN_IN, None)
        if isinstance(found, Problem):
            return found
        if found.disabled:
            return await self._refuse(connection, found.login, origin)
        return await self._sign_ins.open(
            connection, found, SessionKind.BROWSER, Method.PASSKEY, origin
        )

    async def confirmation_options(
        self, connection: Connection, principal: Principal, place: Place
    ) -> AssertionOptions:
        """Return what the browser needs to ask for one of the caller's passkeys.

        Raises Forbidden for a token.
        """
        account = await self._own.account(connection, principal)
        known = await store_passkeys.known_credentials(connection, account.id, place.rp)
        return AssertionOptions(
            challenge=await self._challenge(connection, Ceremony.CONFIRMATION, account.id),
            rp_id=place.rp,
            allow_credentials=known,
            timeout=_MILLISECONDS,
        )

    async def confirm(
        self,
        connection: Connection,
        principal: Principal,
        answer: Assertion,
        place: Place,
        origin: Origin,
    ) -> Problem | None:
        """Prove anew who is there. Returns PasskeyRefused or LockedOut; raises Forbidden."""
        account = await self._own.account(connection, principal)
        found = await self._check(
            connection, answer, place, origin, Ceremony.CONFIRMATION, account.id
        )
        if isinstance(found, Problem):
            return found
        session = principal.session or ""
        await store_sessions.note_proof(connection, session)
        await store_factors.note_two_factors(connection, session)
        return None

    # --- inside

    async def _check(
        self,
        connection: Connection,
        answer: Assertion,
        place: Place,
        origin: Origin,
        ceremony: Ceremony,
        account: str | None,
    ) -> Account | Problem:
        """Return whose passkey signed our challenge; `account` is whose it must be."""
        try:
            challenge, credential = challenge_in(answer), decode(answer.id)
            handle = None if answer.user_handle is None else decode(answer.user_handle)
        except PasskeyRefused as refused:
            return refused
        fresh = await self._use(connection, challenge, ceremony, account)
        key = await store_passkeys.key(connection, credential) if fresh else None
        if key is None or key.rp != place.rp or account not in (None, key.account):
            return await self._refuse(connection, _UNKNOWN, origin)
        owner = await store.account_by_id(connection, key.account)
        if owner is None or (handle is not None and encode(handle) != _handle(owner.id)):
            return await self._refuse(connection, _UNKNOWN, origin)
        attempts = f"passkey:{owner.id}"
        if locked := await self._sign_ins.locked(connection, attempts):
            return locked
        try:
            count = check_assertion(answer, challenge, place, key.public_key)
        except PasskeyRefused as refused:
            failed = await self._sign_ins.failed(
                connection, attempts, owner.login, Method.PASSKEY, origin
            )
            return failed if isinstance(failed, LockedOut) else refused
        if is_clone(key.sign_count, count):
            news = events.PasskeyNews(owner.login, key.name, answer.id, key.rp, origin.address)
            await self._journal.tell(connection, "nobody", events.PASSKEY_CLONED, owner.id, news)
            return PasskeyRefused()
        await store_lockouts.forget_lockout(connection, attempts)
        await store_passkeys.note_use(connection, credential, count)
        return owner

    async def _refuse(self, connection: Connection, login: str, origin: Origin) -> Problem:
        news = events.SignInNews(login, Method.PASSKEY, origin.address, origin.user_agent)
        await self._journal.tell(connection, "nobody", events.SIGN_IN_REFUSED, login, news)
        return PasskeyRefused()

    async def _challenge(
        self, connection: Connection, ceremony: Ceremony, account: str | None
    ) -> str:
        challenge = encode(secrets.token_bytes(32))
        await store_passkeys.insert_challenge(
            connection, digest(challenge), ceremony, account, CHALLENGE_LASTS
        )
        return challenge

    async def _use(
        self, connection: Connection, challenge: bytes, ceremony: Ceremony, account: str | None
    ) -> bool:
        return await store_passkeys.use_challenge(
            connection, digest(encode(challenge)), ceremony, account
        )

    async def _passkey(self, connection: Connection, account: Account, passkey: str) -> Passkey:
        try:
            credential = decode(passkey)
        except PasskeyRefused as error:
            raise NotFound() from error
        found = await store_passkeys.passkey(connection, account.id, credential)
        if found is None:
            raise NotFound()
        return found

    async def _tell(
        self,
        connection: Connection,
        principal: Principal,
        kind: str,
        account: Account,
        passkey: Passkey,
    ) -> None:
        news = events.PasskeyNews(account.login, passkey.name, passkey.id, passkey.host)
        await self._journal.tell(connection, principal.actor, kind, account.id, news)


def _handle(account: str) -> str:
    return encode(bytes.fromhex(account.replace("-", "")))
