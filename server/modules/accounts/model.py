"""The words of this domain: accounts, roles, sessions."""

import enum
from datetime import datetime
from typing import Annotated, NewType

import msgspec
from msgspec import UNSET, UnsetType

from contract.ids import PersonId
from server.kernel.problems import Problem

AccountId = NewType("AccountId", str)
SessionId = NewType("SessionId", str)
RoleId = NewType("RoleId", str)

ADMIN = RoleId("admin")
# What each of them holds from the beginning is said where a permission is declared.
BUILTIN_ROLES = (
    ADMIN,
    RoleId("manager"),
    RoleId("viewer"),
    RoleId("staff"),
    RoleId("operator"),
    RoleId("nurse"),
    RoleId("caregiver"),
    RoleId("dispatcher"),
    RoleId("driver"),
    RoleId("auctioneer"),
    RoleId("bidder"),
    RoleId("clinician"),
    RoleId("patient"),
)

Login = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^\s/]+$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
Email = Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
PasswordText = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SignInRefused(Problem):
    """No such account, or not this password; which of the two is not said."""

    slug = "sign-in-refused"
    status = 403


class LockedOut(Problem):
    """Too many failures; `minutes` until the next attempt is looked at."""

    slug = "locked-out"
    status = 429


class LinkVoid(Problem):
    """The one-time link is unknown, used or expired."""

    slug = "link-void"
    status = 403


class ConfirmFirst(Problem):
    """Who they are must be proved anew before this can be changed."""

    slug = "confirm-first"
    status = 403


class PasswordRefused(Problem):
    """A password that should not be used; `expected` says why."""

    slug = "password-refused"
    status = 422


class LastAdmin(Problem):
    """Nobody would be left who may administer accounts."""

    slug = "last-admin"
    status = 409


class BeyondOwnRights(Problem):
    """Nobody can give away rights that they do not hold."""

    slug = "beyond-own-rights"
    status = 403


class SetUpAlready(Problem):
    """The site has its first admin."""

    slug = "set-up-already"
    status = 409


class Method(enum.StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "password"  # noqa: S105
    PASSKEY = "passkey"
    CARD = "card"
    LINK = "link"
    TOTP = "totp"  # a password, and the code of an authenticator app
    RECOVERY = "recovery"  # a password, and a recovery code


class SessionKind(enum.StrEnum):
    """Where a session lives; at a kiosk it ends soon."""

    BROWSER = "browser"
    KIOSK = "kiosk"


class Purpose(enum.StrEnum):
    """What a one-time link is for."""

    SETUP = "setup"
    PASSWORD = "password"  # noqa: S105
    SIGNIN = "signin"
    KIOSK = "kiosk"


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A set of permissions under a name. `title` is empty for built-in roles."""

    id: RoleId
    title: str
    builtin: bool
    permissions: tuple[str, ...]
    accounts: int = 0
    version: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in. `person` is theirs in the register, if they have cards."""

    id: AccountId
    login: str
    name: str
    email: str | None
    person: PersonId | None
    roles: tuple[RoleId, ...]
    disabled: bool
    has_password: bool
    has_pin: bool
    second_factor: bool
    created_at: datetime
    signed_in_at: datetime | None
    version: int


class AccountDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to be made; a one-time link lets its owner choose the password."""

    login: Login
    name: Name
    email: Email | None = None
    roles: tuple[RoleId, ...] = ()
    person: PersonId | None = None


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of an account; a field left out stays as it is."""

    login: Login | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    roles: tuple[RoleId, ...] | UnsetType = UNSET
    person: PersonId | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class RoleDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to be made."""

    title: Title
    permissions: tuple[str, ...] = ()


class RoleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a role; a built-in role keeps its name."""

    title: Title | UnsetType = UNSET
    permissions: tuple[str, ...] | UnsetType = UNSET


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it."""

    id: SessionId
    kind: SessionKind
    method: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    user_agent: str
    current: bool


class OneTimeLink(msgspec.Struct, frozen=True):
    """A secret that works once; `path` is what to open on this server. It cannot be read again."""

    path: str
    expires_at: datetime
