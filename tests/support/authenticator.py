"""A software authenticator: passkeys made and used as a phone does (WebAuthn Level 3, 6).

It answers as a browser would hand it on, and lies on demand.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40
VERIFIED = USER_PRESENT | USER_VERIFIED


@dataclass
class Credential:
    """One passkey: its private key, its count, and whose it is."""

    id: bytes
    user_handle: str
    key: ec.EllipticCurvePrivateKey
    count: int = 0


@dataclass
class Authenticator:
    """Makes passkeys and signs with the newest. `origin` is what the browser says of the page."""

    origin: str
    rp: str = ""
    flags: int = VERIFIED
    counts: bool = True
    credentials: list[Credential] = field(default_factory=list)

    def make(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """Answer `navigator.credentials.create` as our pages send it on."""
        made = Credential(
            secrets.token_bytes(32),
            options["user"]["id"],
            ec.generate_private_key(ec.SECP256R1()),
        )
        self.credentials.append(made)
        attested = b"\0" * 16 + len(made.id).to_bytes(2, "big") + made.id + _cose(made.key)
        flags = lies.pop("flags", self.flags) | ATTESTED
        data = self._data(lies.pop("rp", self.rp or options["rp"]["id"]), flags, 0) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return {
            "id": encode(made.id),
            "clientDataJSON": self._client_data("webauthn.create", options, lies),
            "attestationObject": encode(cbor2.dumps(statement)),
            "transports": ["internal"],
        }

    def sign(self, options: dict[str, Any], **lies: Any) -> dict[str, Any]:
        """Answer `navigator.credentials.get` as our pages send it on."""
        used = self.credentials[-1]
        used.count = lies.pop("count", used.count + 1 if self.counts else 0)
        data = self._data(
            lies.pop("rp", self.rp or options["rpId"]), lies.pop("flags", self.flags), used.count
        )
        handle = lies.pop("user_handle", used.user_handle)
        client_data = self._client_data("webauthn.get", options, lies)
        signature = used.key.sign(
            data + sha256(decode(client_data)).digest(), ec.ECDSA(hashes.SHA256())
        )
        return {
            "id": encode(used.id),
            "clientDataJSON": client_data,
            "authenticatorData": encode(data),
            "signature": encode(signature),
            "userHandle": handle,
        }

    def _data(self, rp: str, flags: int, count: int) -> bytes:
        return sha256(rp.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any], lies: dict[str, Any]) -> str:
        said = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": False,
            **lies,
        }
        return encode(json.dumps(said).encode())


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as a COSE_Key for ES256 (RFC 9053, 2.1 and 7.1.1)."""
    numbers = key.public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def encode(value: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
