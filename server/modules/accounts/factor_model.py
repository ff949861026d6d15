"""The words of second factors: who must have one, authenticator apps, recovery codes."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from server.kernel.problems import Problem

# Six digits of an authenticator app, or a recovery code, with whatever spaces and hyphens.
FactorCode = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]


class SecondFactorWanted(Problem):
    """The password is right, and not enough; `expected` says what else (a `Second`)."""

    slug = "second-factor-wanted"
    status = 403


class CodeRefused(Problem):
    """It is neither the code that the app shows now nor an unused recovery code."""

    slug = "code-refused"
    status = 403


class CodeStale(Problem):
    """The code was right a moment ago, or has been used; the next one will do."""

    slug = "code-stale"
    status = 403


class Second(enum.StrEnum):
    """What a right password wants besides."""

    NOTHING = "nothing"
    TOTP = "totp"
    RECOVERY = "recovery"  # a passkey really; a recovery code where it is not at hand
    PASSKEY = "passkey"


class Demand(enum.StrEnum):
    """What a session is told of second factors: all is well, make one soon, or make one now."""

    NONE = "none"
    ADVISED = "advised"
    DUE = "due"


class Whom(enum.StrEnum):
    """Who must have a second factor; administrators are those who hold a weighty permission."""

    NOBODY = "nobody"
    ADMINISTRATORS = "administrators"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Held:
    """What an account has besides a password, and whether it must have something (`covered`)."""

    covered: bool
    totp: bool
    passkeys: int
    recovery_codes: int  # unused
    due: datetime | None  # until when a password alone opens everything


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What signing in asks for."""

    second_factor: Whom
    version: int


class PolicyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What signing in shall ask for."""

    second_factor: Whom


class SecondFactors(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's second factors; `due` is when they must have one, if they must and have none."""

    wanted: bool
    due: datetime | None
    totp: bool
    passkeys: int
    recovery_codes: int  # unused


class TotpDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator app needs; it cannot be read again.

    `uri` is the app's key URI, `secret` the same as base32 for typing. The QR code of `uri` is
    `qr_size` modules wide, its border included, and `qr_path` draws the dark ones (SVG path data,
    one unit a module).
    """

    secret: str
    uri: str
    qr_size: int
    qr_path: str


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the app shows now."""

    code: FactorCode


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Fresh codes, each good once; they cannot be read again, and void all earlier ones."""

    codes: list[str]
