"""The keys of access tokens: one signs, and the one before it still verifies for a while."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.kernel.secrets import Secrets, public_bytes
from server.modules.accounts.oauth_rules import ACCESS_LIFETIME, LEEWAY

KEY = "tokens"
FORMER = "tokens-former"
# Another process may rotate the key: how soon this one no longer believes the former for ever.
FRESH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key by its id; `until` (Unix seconds) ends what a former key is good for."""

    id: str
    public: Ed25519PublicKey
    until: float | None = None


def key_id(key: Ed25519PrivateKey) -> str:
    """Return the key's name in a token's header: 8 bytes of the public key's SHA-256, in hex."""
    return hashlib.sha256(public_bytes(key)).digest()[:8].hex()


class TokenKeys:
    """Reads the keys from their folder when needed, so that a rotation needs no restart."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._secrets = Secrets(folder)
        self._clock = clock
        self._known: Mapping[str, TokenKey] = {}
        self._read_at = float("-inf")

    async def signing(self) -> tuple[str, Ed25519PrivateKey]:
        """Return the id and the key that sign now; the first call makes it. Raises SecretError."""
        key = await asyncio.to_thread(self._secrets.ed25519, KEY)
        return key_id(key), key

    async def verifying(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key with this id, if tokens of it are good now. Raises SecretError."""
        now = self._clock()
        if kid not in self._known or not 0 <= now - self._read_at < FRESH_SECONDS:
            self._known = await asyncio.to_thread(self._read)
            self._read_at = now
        key = self._known.get(kid)
        return key.public if key and (key.until is None or now < key.until) else None

    def rotate(self) -> None:
        """Put a fresh key in place; tokens of the one before are good until they expire. Blocks.

        Raises SecretError.
        """
        self._secrets.random(KEY)
        (self._folder / f"{KEY}.key").replace(self._folder / f"{FORMER}.key")
        self._secrets.random(KEY)

    def _read(self) -> Mapping[str, TokenKey]:
        signing = self._secrets.ed25519(KEY)
        keys = [TokenKey(key_id(signing), signing.public_key())]
        if (self._folder / f"{FORMER}.key").exists():
            former = self._secrets.ed25519(FORMER)
            since = (self._folder / f"{KEY}.key").stat().st_mtime
            until = since + (ACCESS_LIFETIME + LEEWAY).total_seconds()
            keys.append(TokenKey(key_id(former), former.public_key(), until))
        return {key.id: key for key in keys}
