"""The words of passkeys: what a browser is asked, and what it answers (WebAuthn Level 3, 5).

Bytes travel as base64url without padding, under the names of the standard's JSON.
"""

import enum
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from server.kernel.problems import Problem

Base64Url = Annotated[str, msgspec.Meta(min_length=1, max_length=65_536, pattern=r"^[\w-]+$")]
CredentialId = Annotated[str, msgspec.Meta(min_length=1, max_length=1364, pattern=r"^[\w-]+$")]
PasskeyName = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]
Transport = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=r"^[a-z-]+$")]


class PasskeyRefused(Problem):
    """The passkey is unknown, or its answer does not fit; which of the two is not said."""

    slug = "passkey-refused"
    status = 403


class PasskeysNeedName(Problem):
    """Passkeys belong to a host name reached by https; an address or plain http has none."""

    slug = "passkeys-need-name"
    status = 409


class TooManyPasskeys(Problem):
    """The account has as many passkeys as it may have."""

    slug = "too-many-passkeys"
    status = 409


class Ceremony(enum.StrEnum):
    """What a challenge was made for; for anything else it is worthless."""

    REGISTRATION = "registration"
    SIGN_IN = "sign-in"
    CONFIRMATION = "confirmation"


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as its owner sees it; it works at the host `host` only."""

    id: str
    name: str
    host: str
    created_at: datetime
    used_at: datetime | None
    version: int


class RelyingParty(msgspec.Struct, frozen=True):
    """The site, as the browser names it to the person."""

    id: str
    name: str


class PasskeyUser(msgspec.Struct, frozen=True, rename="camel"):
    """The account; `id` is its UUID's 16 bytes, which a discoverable passkey gives back."""

    id: str
    name: str
    display_name: str


class KeyType(msgspec.Struct, frozen=True):
    """A signature algorithm by its COSE number."""

    alg: int
    type: Literal["public-key"] = "public-key"


class KnownCredential(msgspec.Struct, frozen=True):
    """A passkey that is there already."""

    id: str
    transports: tuple[str, ...]
    type: Literal["public-key"] = "public-key"


class AuthenticatorSelection(msgspec.Struct, frozen=True, rename="camel"):
    """Which authenticators will do: those that know the person, and find the account alone."""

    resident_key: Literal["required"] = "required"
    require_resident_key: bool = True
    user_verification: Literal["required"] = "required"


class RegistrationOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """PublicKeyCredentialCreationOptionsJSON: what `navigator.credentials.create` is given."""

    challenge: str
    rp: RelyingParty
    user: PasskeyUser
    pub_key_cred_params: tuple[KeyType, ...]
    exclude_credentials: tuple[KnownCredential, ...]
    authenticator_selection: AuthenticatorSelection = AuthenticatorSelection()
    attestation: Literal["none"] = "none"
    timeout: int


class AssertionOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """PublicKeyCredentialRequestOptionsJSON: what `navigator.credentials.get` is given."""

    challenge: str
    rp_id: str
    allow_credentials: tuple[KnownCredential, ...]
    user_verification: Literal["required"] = "required"
    timeout: int


class Attestation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an authenticator says of a passkey that it made."""

    id: CredentialId
    client_data: Base64Url = msgspec.field(name="clientDataJSON")
    attestation_object: Base64Url = msgspec.field(name="attestationObject")
    transports: Annotated[tuple[Transport, ...], msgspec.Meta(max_length=10)] = ()


class Assertion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a passkey signed."""

    id: CredentialId
    client_data: Base64Url = msgspec.field(name="clientDataJSON")
    authenticator_data: Base64Url = msgspec.field(name="authenticatorData")
    signature: Base64Url
    user_handle: Base64Url | None = msgspec.field(name="userHandle", default=None)


class NewPasskey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey to be kept, under a name that tells its owner which device has it."""

    name: PasskeyName
    credential: Attestation


class PasskeyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another name."""

    name: PasskeyName


class Passkeys(msgspec.Struct, frozen=True):
    """The caller's passkeys, and the host that new ones would work at (empty: none can)."""

    items: list[Passkey]
    host: str
