"""What a password wants besides, and whether a code is that."""

import asyncio
import secrets
import time
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.kernel.auth import digest
from server.kernel.database import Connection
from server.kernel.secrets import Secrets
from server.modules.accounts import store_factors, totp
from server.modules.accounts.factor_model import CodeRefused, CodeStale, Second
from server.modules.accounts.model import Method
from server.modules.accounts.rules import second_wanted

KEY = "second-factor"
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2


class Factors:
    """Every query and command runs in its caller's transaction; `clock` tells Unix seconds."""

    def __init__(self, secrets: Secrets, clock: Callable[[], float] = time.time) -> None:
        self._secrets = secrets
        self.clock = clock

    async def wanted(self, connection: Connection, account: str) -> Second:
        """Return what a right password wants besides."""
        return second_wanted(await store_factors.held(connection, account))

    async def use(
        self, connection: Connection, account: str, code: str
    ) -> Method | CodeStale | CodeRefused:
        """Use a code up and return which kind it was.

        A code of the app is good in its own 30 s, once. CodeStale is no guess that failed: it tells
        only of a code that is worth nothing any more.
        """
        plain = totp.typed(code)
        if not totp.is_digits(plain):
            good = await store_factors.use_recovery_code(connection, account, digest(plain))
            return Method.RECOVERY if good else CodeRefused(field="code")
        sealed = await store_factors.totp(connection, account)
        secret = await self.unseal(account, sealed) if sealed else None
        if secret is None:
            return CodeRefused(field="code")
        step = totp.step_at(self.clock())
        if totp.matches(secret, step, plain):
            fresh = await store_factors.use_step(connection, account, step)
            return Method.TOTP if fresh else CodeStale(field="code")
        if totp.matches(secret, step - 1, plain):
            return CodeStale(field="code")
        return CodeRefused(field="code")

    async def seal(self, account: str, secret: str) -> bytes:
        """Return an app's secret encrypted (AES-256-GCM), for this account only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = await self._cipher()
        return nonce + cipher.encrypt(nonce, secret.encode(), account.encode())

    async def unseal(self, account: str, sealed: bytes) -> str | None:
        """Return the secret, or None where another key sealed it: the state folder is not ours."""
        nonce, encrypted = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            cipher = await self._cipher()
            return cipher.decrypt(nonce, encrypted, account.encode()).decode()
        except InvalidTag:
            return None

    async def _cipher(self) -> AESGCM:
        return AESGCM(await asyncio.to_thread(self._secrets.random, KEY))
