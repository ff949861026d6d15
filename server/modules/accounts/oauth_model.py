"""The words of this domain for machines and apps: clients, families of refresh tokens, grants."""

from datetime import datetime
from typing import Annotated, Final, NewType

import msgspec
from msgspec import UNSET, UnsetType

from server.modules.accounts.model import Name, RoleId

ClientId = NewType("ClientId", str)
FamilyId = NewType("FamilyId", str)

BEARER: Final = "Bearer"  # the type of our access tokens (RFC 6750)
AppName = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A machine that signs in with a secret of its own.

    `used_at` and `address`: when and from where it last got an access token.
    """

    id: ClientId
    name: str
    roles: tuple[RoleId, ...]
    disabled: bool
    created_at: datetime
    created_by: str
    secret_changed_at: datetime
    used_at: datetime | None
    address: str
    version: int


class ClientDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client to be made."""

    name: Name
    roles: tuple[RoleId, ...] = ()


class ClientChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a client; a field left out stays as it is."""

    name: Name | UnsetType = UNSET
    roles: tuple[RoleId, ...] | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class ClientSecret(msgspec.Struct, frozen=True):
    """A client and its fresh secret, which cannot be read again."""

    client: Client
    secret: str


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app that acts for a person: a family of tokens. Without use it ends at `ends_at`."""

    id: FamilyId
    name: str
    created_at: datetime
    refreshed_at: datetime
    ends_at: datetime
    address: str


class AppDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person calls an app of theirs."""

    name: AppName


class Granted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the token endpoint gives (RFC 6749, 5.1). `expires_in` is in seconds."""

    access_token: str
    expires_in: int
    token_type: str
    refresh_token: str = ""
