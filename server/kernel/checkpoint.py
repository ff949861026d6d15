"""Signed checkpoints: what the journal's chain said at a moment, in lines chained like it.

One line a checkpoint: canonical JSON, signed with Ed25519 (RFC 8032) over the bytes before its
signature was added, and holding the SHA-256 of the line before it. Nobody can change, drop or add
a line unnoticed but at the end; and of the end the database knows the number, and a copy elsewhere
the lines. Pure: files are in `checkpoint_files.py`.
"""

import hashlib
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.kernel.secrets import public_bytes

# What is signed begins so: a signature of ours for another purpose is none for this.
_PURPOSE = b"genba checkpoint 1\n"


Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
# One spelling: the other case would be the same bytes in other words.
Hex: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]*$")]


class SignedCheckpoint(msgspec.Struct, frozen=True, kw_only=True, tag="checkpoint"):
    """The chain's end at a moment. `hash` and `previous` are SHA-256 in hex, `key` and `signature`
    Ed25519 in hex, `at` RFC 3339 in UTC; `site` is empty before the site is set up.
    """

    number: Count
    at: str
    site: str
    epoch: str
    position: Count
    hash: Hex
    previous: Hex
    key: Hex
    signature: Hex = ""


class KeyChange(msgspec.Struct, frozen=True, kw_only=True, tag="key"):
    """From here on another key signs: signed by the former key, and vouched for by the new one."""

    number: Count
    at: str
    former: Hex
    key: Hex
    previous: Hex
    signature: Hex = ""
    endorsement: Hex = ""


Line: TypeAlias = SignedCheckpoint | KeyChange

_decoder = msgspec.json.Decoder(SignedCheckpoint | KeyChange)


class NotALine(ValueError):
    """These bytes are no line as we write them."""


def write_line(line: Line) -> bytes:
    """Return the line's one spelling, with its line feed."""
    return msgspec.json.encode(line) + b"\n"


def read_line(raw: bytes) -> Line:
    """Return the line. Raises NotALine for anything but its one spelling."""
    try:
        line: Line = _decoder.decode(raw)
        spelling = write_line(line)
        zone = datetime.fromisoformat(line.at).tzinfo
    except (msgspec.DecodeError, ValueError) as error:  # also text that is no UTF-8
        raise NotALine(str(error)) from error
    if spelling != raw or zone is None:
        raise NotALine("another spelling")
    return line


def digest(raw: bytes) -> str:
    """Return what the next line says of this one: its SHA-256 in hex."""
    return hashlib.sha256(raw).hexdigest()


def key_of(key: Ed25519PrivateKey) -> str:
    """Return the public key in hex, as lines have it."""
    return public_bytes(key).hex()


def sign_checkpoint(line: SignedCheckpoint, key: Ed25519PrivateKey) -> SignedCheckpoint:
    """Return the line with the key and its signature."""
    named = msgspec.structs.replace(line, key=key_of(key), signature="")
    return msgspec.structs.replace(named, signature=key.sign(_signed(named)).hex())


def sign_change(line: KeyChange, former: Ed25519PrivateKey, new: Ed25519PrivateKey) -> KeyChange:
    """Return the line with both keys and both signatures."""
    named = msgspec.structs.replace(
        line, former=key_of(former), key=key_of(new), signature="", endorsement=""
    )
    signed = _signed(named)
    return msgspec.structs.replace(
        named, signature=former.sign(signed).hex(), endorsement=new.sign(signed).hex()
    )


def is_signed(line: Line) -> bool:
    """Say whether the keys that the line names have signed it."""
    if isinstance(line, SignedCheckpoint):
        bare: Line = msgspec.structs.replace(line, signature="")
        return _matches(line.key, line.signature, bare)
    bare = msgspec.structs.replace(line, signature="", endorsement="")
    return _matches(line.former, line.signature, bare) and _matches(
        line.key, line.endorsement, bare
    )


def signer_of(line: Line) -> str:
    """Return the key that must be the one in force when this line comes."""
    return line.key if isinstance(line, SignedCheckpoint) else line.former


def _signed(line: Line) -> bytes:
    return _PURPOSE + msgspec.json.encode(line)


def _matches(key: str, signature: str, bare: Line) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), _signed(bare))
    except (ValueError, InvalidSignature):
        return False
    return True
