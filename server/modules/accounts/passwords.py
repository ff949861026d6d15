"""Passwords and PINs: argon2id (RFC 9106) by argon2-cffi, off the event loop."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from server.kernel.problems import Problem
from server.modules.accounts.breached import BreachedPasswords

MAX_ATTEMPTS = 4
# OWASP's second recommendation for argon2id: a Pi 5 takes about 60 ms, and 19 MiB while it does.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
# What is compared with where there is no account, so that the answer takes as long.
_NOBODYS = _HASHER.hash("no account has this password")


class TooBusy(Problem):
    """So many sign-ins are looked at already that this one must wait."""

    slug = "too-busy"
    status = 429


class Passwords:
    """Hashes off the event loop; at most two at once, for the memory's sake."""

    def __init__(self, breached: BreachedPasswords | None = None) -> None:
        self._breached = breached or BreachedPasswords()
        self._free = asyncio.Semaphore(2)
        self._attempts = 0

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Look at an attempt to sign in. Raises TooBusy: a flood must not take all connections."""
        if self._attempts >= MAX_ATTEMPTS:
            raise TooBusy(retry_after=1)
        self._attempts += 1
        try:
            yield
        finally:
            self._attempts -= 1

    async def hash(self, secret: str) -> str:
        """Return the PHC string to keep."""
        async with self._free:
            return await asyncio.to_thread(_HASHER.hash, secret)

    async def matches(self, kept: str | None, secret: str) -> bool:
        """Say whether this is the secret; takes as long where there is none."""
        async with self._free:
            same = await asyncio.to_thread(_verify, kept or _NOBODYS, secret)
        return same and kept is not None

    async def is_leaked(self, password: str) -> bool:
        """Say whether the password is known to have leaked. Raises OSError."""
        return await asyncio.to_thread(self._breached.have, password)


def is_outdated(kept: str) -> bool:
    """Say whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _verify(kept: str, secret: str) -> bool:
    try:
        return _HASHER.verify(kept, secret)
    except (VerificationError, InvalidHashError):
        return False
