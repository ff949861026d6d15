"""What this module holds on a person: an account, what signs it in, and entries on it."""

from collections.abc import Sequence

import msgspec

from server.kernel.auth import EVERYTHING
from server.kernel.database import Connection
from server.kernel.journal import Entry
from server.kernel.personal import (
    MASK,
    Dataset,
    Erasure,
    Kept,
    PersonalData,
    Redacted,
    emptied,
    masked,
    redacted,
)
from server.modules.accounts import events, store, store_privacy, store_roles
from server.modules.accounts.service import WRITE

_SIGN_INS = (
    events.SIGNED_IN,
    events.SIGN_IN_REFUSED,
    events.LOCKED_OUT,
    events.SIGNED_OUT,
    events.SESSION_REVOKED,
)
_ACCOUNTS = (
    events.SET_UP,
    events.ACCOUNT_CREATED,
    events.ACCOUNT_CHANGED,
    events.PASSWORD_CHANGED,
    events.PIN_CHANGED,
    events.LINK_MADE,
    events.FACTOR_ADDED,
    events.FACTOR_REMOVED,
    events.RECOVERY_CODES_MADE,
)
_sign_in = msgspec.json.Decoder(events.SignInNews)
_account = msgspec.json.Decoder(events.AccountNews)
_ROLES = (events.ROLE_CREATED, events.ROLE_CHANGED, events.ROLE_DELETED)


def personal_data() -> PersonalData:
    """Return what this module does about persons."""
    return PersonalData(handles, export, keeps, erase, redact)


async def handles(connection: Connection, person: str) -> Sequence[str]:
    """Return id and login of the person's account."""
    account = await store.account_by_person(connection, person)
    return [account.id, account.login] if account else []


async def export(connection: Connection, person: str) -> Sequence[Dataset]:
    """Return the account and its sessions; hashes of passwords are no data on the person."""
    account = await store.account_by_person(connection, person)
    if account is None:
        return []
    row = msgspec.to_builtins(account) | {"roles": " ".join(account.roles)}
    return [
        Dataset("accounts.account", [row]),
        Dataset("accounts.sessions", await store_privacy.sessions_of(connection, account.id)),
        Dataset("accounts.passkeys", await store_privacy.passkeys_of(connection, account.id)),
        Dataset("accounts.apps", await store_privacy.apps_of(connection, account.id)),
    ]


async def keeps(connection: Connection, person: str) -> Sequence[Kept]:
    """Return that somebody must stay who may administer accounts."""
    account = await store.account_by_person(connection, person)
    if account is None or account.disabled:
        return []
    rights = await store_roles.permissions_of(connection, account.id)
    if not rights & {WRITE, EVERYTHING}:
        return []
    if await store_roles.count_holders(connection, [WRITE, EVERYTHING], but=account.id):
        return []
    return [Kept("last_admin", 1, blocks=True)]


async def erase(connection: Connection, erasure: Erasure) -> None:
    """Close the account for good: nobody can sign in with it, and it names nobody."""
    account = await store.account_by_person(connection, erasure.person)
    if account is not None:
        await store_privacy.close(connection, account.id, account.login, erasure.code, erasure.name)


def redact(entry: Entry, erasure: Erasure) -> Redacted | None:
    """Return an entry on the account without login, name, address and browser."""
    if entry.module != "accounts" or entry.subject not in erasure.handles or entry.kind in _ROLES:
        return None
    if entry.kind in _SIGN_INS:
        method = _sign_in.decode(entry.body).method
        # What was typed at a refused sign-in is the subject; an id names nobody any more.
        typed = entry.kind in (events.SIGN_IN_REFUSED, events.LOCKED_OUT)
        subject = MASK if typed else entry.subject
        return redacted(entry, subject, events.SignInNews(erasure.code, method))
    if entry.kind not in _ACCOUNTS:  # of another release: what it says is not known here
        return emptied(entry)
    news = _account.decode(entry.body)
    bare = events.AccountNews(erasure.code, erasure.name, masked(news.before), masked(news.after))
    return redacted(entry, entry.subject, bare)
