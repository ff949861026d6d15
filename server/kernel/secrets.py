"""The server's own keys: made when first needed, each in a file that only its owner can read."""

import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_BYTES = 32


class SecretError(Exception):
    """A key cannot be kept safely; the text says what to do."""


class Secrets:
    """A folder with one file a key: 32 random bytes, as they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def random(self, name: str) -> bytes:
        """Return the key of this name, 32 bytes; the first call makes it.

        Raises SecretError where it cannot be read, or others can read it. Blocks.
        """
        path = self._folder / f"{name}.key"
        try:
            if not path.exists():
                self._make(path)
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SecretError(f"{path} can be read by others; run chmod 600 {path}")
            key = path.read_bytes()
        except OSError as error:
            raise SecretError(
                f"cannot keep a key in {self._folder}: {error.strerror}; "
                "set state.folder to a folder of the server's own"
            ) from error
        if len(key) != KEY_BYTES:
            raise SecretError(f"{path} is no key of {KEY_BYTES} bytes; restore it from a backup")
        return key

    def ed25519(self, name: str) -> Ed25519PrivateKey:
        """Return the signing key of this name (RFC 8032). Raises and blocks as `random` does."""
        return Ed25519PrivateKey.from_private_bytes(self.random(name))

    def names(self) -> list[str]:
        """Return the names of the keys that were made so far."""
        return sorted(path.stem for path in self._folder.glob("[!.]*.key"))

    def made_at(self, name: str) -> float:
        """Return when the key was made, as Unix seconds. Raises OSError if there is none."""
        return (self._folder / f"{name}.key").stat().st_mtime

    def promote(self, name: str, to: str) -> None:
        """Put one key in the place of another, at once. Raises SecretError; blocks."""
        try:
            (self._folder / f"{name}.key").replace(self._folder / f"{to}.key")
            self._sync()
        except OSError as error:
            raise SecretError(f"cannot keep a key in {self._folder}: {error.strerror}") from error

    def rotate(self, name: str) -> None:
        """Put a fresh key in the place of an old one. Raises SecretError; blocks."""
        path = self._folder / f"{name}.key"
        try:
            self._draft(path, secrets.token_bytes(KEY_BYTES)).replace(path)
            self._sync()
        except OSError as error:
            raise SecretError(f"cannot keep a key in {self._folder}: {error.strerror}") from error

    def _make(self, path: Path) -> None:
        """Write a new key whole or not at all; of two who try at once, one wins."""
        draft = self._draft(path, secrets.token_bytes(KEY_BYTES))
        try:
            try:
                os.link(draft, path)
            except FileExistsError:
                return
            self._sync()
        finally:
            draft.unlink()

    def _draft(self, path: Path, key: bytes) -> Path:
        """Write the key beside its place, synced, and return where."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{path.name}.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        return draft

    def _sync(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 bytes of the public key."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
