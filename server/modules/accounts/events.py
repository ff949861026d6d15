"""This domain's public news: the kinds of its journal entries and their bodies."""

from typing import Final

import msgspec

SET_UP: Final = "accounts.set_up"
SIGNED_IN: Final = "accounts.signed_in"
SIGN_IN_REFUSED: Final = "accounts.sign_in_refused"
LOCKED_OUT: Final = "accounts.locked_out"
SIGNED_OUT: Final = "accounts.signed_out"
SESSION_REVOKED: Final = "accounts.session_revoked"
ACCOUNT_CREATED: Final = "accounts.account_created"
ACCOUNT_CHANGED: Final = "accounts.account_changed"
PASSWORD_CHANGED: Final = "accounts.password_changed"  # noqa: S105 - it is no secret
PIN_CHANGED: Final = "accounts.pin_changed"
LINK_MADE: Final = "accounts.link_made"
ROLE_CREATED: Final = "accounts.role_created"
ROLE_CHANGED: Final = "accounts.role_changed"
ROLE_DELETED: Final = "accounts.role_deleted"

KINDS: Final = (
    SET_UP,
    SIGNED_IN,
    SIGN_IN_REFUSED,
    LOCKED_OUT,
    SIGNED_OUT,
    SESSION_REVOKED,
    ACCOUNT_CREATED,
    ACCOUNT_CHANGED,
    PASSWORD_CHANGED,
    PIN_CHANGED,
    LINK_MADE,
    ROLE_CREATED,
    ROLE_CHANGED,
    ROLE_DELETED,
)


class SignInNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the kinds about signing in and out. Subject: the account's id, or what was typed."""

    login: str
    method: str
    address: str = ""
    user_agent: str = ""


class AccountNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the account kinds: values by field. Subject: the account's id."""

    login: str
    name: str
    before: dict[str, str] = {}
    after: dict[str, str] = {}


class RoleNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the role kinds. Subject: the role's id."""

    title: str = ""
    given: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
