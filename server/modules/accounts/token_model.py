"""The words of API tokens."""

import enum
from datetime import datetime
from typing import Annotated, NewType

import msgspec

TokenId = NewType("TokenId", str)

TokenName = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
LONGEST_DAYS = 3650


class TokenState(enum.StrEnum):
    """Whether a token opens anything."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is listed; `creator` is an account's name, or how the journal names them.

    `used_at` is within an hour of the last use.
    """

    id: TokenId
    name: str
    permissions: tuple[str, ...]
    state: TokenState
    creator: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class TokenDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made; `days` null means that it never expires."""

    name: TokenName
    permissions: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=200)]
    days: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_DAYS)] | None


class TokenMade(msgspec.Struct, frozen=True):
    """A fresh token; `secret` cannot be read again."""

    token: Token
    secret: str
