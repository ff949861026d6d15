"""Who this agent is: its Ed25519 key and the site it belongs to, in a file only its owner reads."""

import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.decoding import UNDECODABLE
from contract.ids import AgentId
from contract.pairing import Key

IDENTITY_FILE = "agent-key.json"


class Identity(msgspec.Struct, frozen=True):
    """This agent and its site.

    `private_key` is the raw Ed25519 key (RFC 8032). `site_key` is the site's public key and `ca`
    the PEM of its CA (empty where there is no TLS): both are pinned. `server` is the URL at which
    it was paired; `site` is the site's id in its mDNS announcement, empty if it was typed by hand.
    `fresh` until the queue has begun an epoch for this identity.
    """

    agent: AgentId
    name: str
    private_key: Key
    site_key: Key
    ca: str = ""
    server: str = ""
    site: str = ""
    fresh: bool = True

    def __repr__(self) -> str:
        return f"Identity({self.agent!r}, {self.name!r})"  # its key must not reach a log


def new_private_key() -> bytes:
    """Return a fresh raw Ed25519 private key, 32 bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key(private_key: bytes) -> bytes:
    """Return the raw public key, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def sign(private_key: bytes, claim: bytes) -> bytes:
    """Return the signature, 64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(private_key).sign(claim)


def is_signed(claim: bytes, signature: bytes, key: bytes) -> bool:
    """Say whether this public key signed the claim; false also for what is no key or signature."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, claim)
    except (InvalidSignature, ValueError):
        return False
    return True


def load_identity(folder: Path) -> Identity | None:
    """Return the stored identity, or None where the agent is not paired or the file is broken."""
    try:
        return msgspec.json.decode((folder / IDENTITY_FILE).read_bytes(), type=Identity)
    except (OSError, *UNDECODABLE):
        return None


def store_identity(folder: Path, identity: Identity) -> None:
    """Write the identity with mode 0600; a crash leaves the old one or the new one, never half."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{IDENTITY_FILE}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(identity))
        file.flush()
        os.fsync(file.fileno())
    new.rename(folder / IDENTITY_FILE)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
