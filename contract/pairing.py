"""Pairing over HTTP: what agent and server say to each other, and the code that both derive.

The code is a short authentication string. The agent commits itself to its nonce before it learns
the server's, so somebody in the middle cannot look for nonces that make both ends show the same
code: they have one guess in 20^8 for each attempt (as in ZRTP, RFC 6189, section 4.4.1.1).
"""

import hashlib
import unicodedata
from datetime import datetime
from typing import Annotated, Final

import msgspec

from contract.ids import AgentId
from contract.proof import KEY_BYTES, NONCE_BYTES, SIGNATURE_BYTES

SITE: Final = "/api/v1/devices/site"
ENROL: Final = "/api/v1/devices/enrol"
PAIRINGS: Final = "/api/v1/devices/pairings"
# RFC 8628, section 6.1: no vowels, so no words; no digits, so nothing to mistake.
ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
CODE_LENGTH: Final = 8

_CODE: Final = b"genba-pairing-1\0"
_REVEAL: Final = b"genba-pairing-reveal-1\0"

Key = Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
Nonce = Annotated[bytes, msgspec.Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
Signature = Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class PairingRequest(msgspec.Struct, frozen=True):
    """An agent asks to be paired. `commitment` is SHA-256 of the nonce that it will reveal."""

    agent_key: Key
    commitment: Nonce
    hostname: Annotated[str, msgspec.Meta(max_length=100)] = ""
    version: Annotated[str, msgspec.Meta(max_length=40)] = ""


class PairingOffer(msgspec.Struct, frozen=True):
    """The server's side of it. `secret` is what the agent asks on with, `ca` a PEM or empty.

    `expires_in` is in seconds, as in RFC 8628: the agent's clock may not know the time yet.
    """

    pairing: str
    secret: str
    server_nonce: Nonce
    site_key: Key
    expires_at: datetime
    expires_in: int
    ca: str = ""
    poll_seconds: int = 3


class Reveal(msgspec.Struct, frozen=True):
    """The agent shows its nonce, and that it holds the key: see `reveal_claim`."""

    secret: Secret
    agent_nonce: Nonce
    signature: Signature


class Poll(msgspec.Struct, frozen=True):
    """The agent asks whether an admin has decided."""

    secret: Secret


class PollWaiting(msgspec.Struct, frozen=True, tag="waiting", tag_field="state"):
    """Nobody has decided yet."""


class PollApproved(msgspec.Struct, frozen=True, tag="approved", tag_field="state"):
    """An admin has typed the code: this is who the agent is from now on."""

    agent: AgentId
    name: str
    place: str = ""
    site: str = ""


class PollRefused(msgspec.Struct, frozen=True, tag="refused", tag_field="state"):
    """An admin has said no."""


class PollExpired(msgspec.Struct, frozen=True, tag="expired", tag_field="state"):
    """Nobody decided in time, or the server does not know this pairing: begin anew."""


PollAnswer = PollWaiting | PollApproved | PollRefused | PollExpired


class SiteFacts(msgspec.Struct, frozen=True):
    """How a site is known: its public key, and the PEM of its CA (empty where there is no TLS)."""

    site_key: Key
    ca: str = ""


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent sends to be enrolled by a one-time token."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    agent_key: Key


class EnrolAnswer(msgspec.Struct, frozen=True):
    """Who the agent is from now on, and how it knows its site."""

    agent: AgentId
    name: str
    site_key: Key
    ca: str = ""


def commitment(nonce: bytes) -> bytes:
    """Return what binds the agent to its nonce without showing it."""
    return hashlib.sha256(nonce).digest()


def pairing_code(
    agent_key: bytes, site_key: bytes, ca: str, server_nonce: bytes, agent_nonce: bytes
) -> str:
    """Return the 8 letters that both ends show; one bit of difference makes others.

    Each letter is the next base-20 digit of SHA-256 over fields of fixed length (the bias of the
    division is below 2^-200).
    """
    ca_digest = hashlib.sha256(ca.encode()).digest()
    told = _CODE + agent_key + site_key + ca_digest + server_nonce + agent_nonce
    number = int.from_bytes(hashlib.sha256(told).digest(), "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(letters)


def reveal_claim(pairing: str, site_key: bytes, server_nonce: bytes, agent_nonce: bytes) -> bytes:
    """Return what the agent signs to show that it holds the key that it asks to have paired."""
    return _REVEAL + msgspec.json.encode((pairing, site_key, server_nonce, agent_nonce))


def shown(code: str) -> str:
    """Return the code as people read it: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def typed(text: str) -> str:
    """Return the code that somebody typed, however they wrote it; empty if it cannot be one.

    Small and full-width letters are as good as the plain ones, and any gap as good as the hyphen.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    letters = "".join(each for each in plain if each.isalnum())
    return letters if len(letters) == CODE_LENGTH and set(letters) <= set(ALPHABET) else ""
