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
PASSKEY_ADDED: Final = "accounts.passkey_added"
PASSKEY_RENAMED: Final = "accounts.passkey_renamed"
PASSKEY_REMOVED: Final = "accounts.passkey_removed"
PASSKEY_CLONED: Final = "accounts.passkey_cloned"
FACTOR_ADDED: Final = "accounts.second_factor_added"
FACTOR_REMOVED: Final = "accounts.second_factor_removed"
RECOVERY_CODES_MADE: Final = "accounts.recovery_codes_made"
POLICY_CHANGED: Final = "accounts.policy_changed"
RESET_ASKED: Final = "accounts.reset_asked"
LINK_MADE: Final = "accounts.link_made"
TOKEN_CREATED: Final = "accounts.token_created"  # noqa: S105
TOKEN_REVOKED: Final = "accounts.token_revoked"  # noqa: S105
ROLE_CREATED: Final = "accounts.role_created"
ROLE_CHANGED: Final = "accounts.role_changed"
ROLE_DELETED: Final = "accounts.role_deleted"
CLIENT_CREATED: Final = "accounts.client_created"
CLIENT_CHANGED: Final = "accounts.client_changed"
CLIENT_SECRET_CHANGED: Final = "accounts.client_secret_changed"  # noqa: S105 - it is no secret
CLIENT_SIGNED_IN: Final = "accounts.client_signed_in"
CLIENT_REFUSED: Final = "accounts.client_refused"
APP_OPENED: Final = "accounts.app_opened"
APP_REVOKED: Final = "accounts.app_revoked"
REFRESH_REUSED: Final = "accounts.refresh_reused"

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
    PASSKEY_ADDED,
    PASSKEY_RENAMED,
    PASSKEY_REMOVED,
    PASSKEY_CLONED,
    FACTOR_ADDED,
    FACTOR_REMOVED,
    RECOVERY_CODES_MADE,
    POLICY_CHANGED,
    RESET_ASKED,
    LINK_MADE,
    TOKEN_CREATED,
    TOKEN_REVOKED,
    ROLE_CREATED,
    ROLE_CHANGED,
    ROLE_DELETED,
    CLIENT_CREATED,
    CLIENT_CHANGED,
    CLIENT_SECRET_CHANGED,
    CLIENT_SIGNED_IN,
    CLIENT_REFUSED,
    APP_OPENED,
    APP_REVOKED,
    REFRESH_REUSED,
)

# After these a session, token or key may be void, or somebody may hold other rights than before.
# Not what a stranger can cause at will: each of them has all live pages looked at.
RIGHTS_KINDS: Final = frozenset(
    {
        SIGNED_OUT,
        SESSION_REVOKED,
        ACCOUNT_CHANGED,
        PASSWORD_CHANGED,
        TOKEN_REVOKED,
        ROLE_CHANGED,
        ROLE_DELETED,
        CLIENT_CHANGED,
        CLIENT_SECRET_CHANGED,
        APP_REVOKED,
        REFRESH_REUSED,
    }
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


class PolicyNews(msgspec.Struct, frozen=True):
    """Body of accounts.policy_changed: values by field. Subject: `policy`."""

    before: dict[str, str]
    after: dict[str, str]


class PasskeyNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the passkey kinds: its name and id (base64url), and the host that it works at.

    Subject: the account's id. `address` is where a suspected copy was used.
    """

    login: str
    name: str
    passkey: str
    host: str
    address: str = ""


class TokenNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the token kinds; the token itself is nowhere. Subject: the token's id."""

    name: str
    permissions: tuple[str, ...]
    expires_at: str = ""


class RoleNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the role kinds. Subject: the role's id."""

    title: str = ""
    given: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


class ClientNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the client kinds: values by field. Subject: the client's id, or what was sent."""

    name: str
    address: str = ""
    before: dict[str, str] = {}
    after: dict[str, str] = {}


class AppNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the app kinds; `why` it ended. Subject: the id of the account that it acts for."""

    name: str
    why: str = ""
    address: str = ""
