"""A real Caddy of the test's own: its ports, its folders, its certificate authority."""

import asyncio
import os
import shutil
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from support.components import require

WAIT_SECONDS = 20


class Caddy:
    """One Caddy, configured by nobody but through its admin socket."""

    def __init__(self, folder: Path, prefix: Sequence[str] = ()) -> None:
        found = shutil.which("caddy")
        require("Caddy", found is not None, "apt install caddy")
        self.folder = folder
        self.socket = folder / "admin.sock"
        self.admin = f"unix/{self.socket}"
        self._prefix = prefix
        self._process: asyncio.subprocess.Process | None = None
        self._config = folder / "caddy.json"
        self._config.write_bytes(
            msgspec.json.encode(
                {
                    "admin": {"listen": self.admin},
                    "storage": {"module": "file_system", "root": str(folder / "data")},
                }
            )
        )

    async def start(self, *, resume: bool = False) -> None:
        """Start it; with `resume` as it was, else as if just installed."""
        self.socket.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "share"),
        }
        with (self.folder / "caddy.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._prefix,
                "caddy",
                "run",
                "--config",
                str(self._config),
                *(["--resume"] if resume else []),
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        async with asyncio.timeout(WAIT_SECONDS):
            while not await self._answers():
                assert self._process.returncode is None, self.log
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Stop it."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(WAIT_SECONDS):
                await self._process.wait()

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(self.socket)
        except OSError:
            return False
        writer.close()
        return True

    @property
    def log(self) -> str:
        """The end of what it wrote, for a failing test."""
        return (self.folder / "caddy.log").read_text(errors="replace")[-4000:]


@asynccontextmanager
async def running_caddy(folder: Path, prefix: Sequence[str] = ()) -> AsyncIterator[Caddy]:
    """Start a Caddy as if just installed, and stop it at the end."""
    caddy = Caddy(folder, prefix)
    await caddy.start()
    try:
        yield caddy
    finally:
        await caddy.stop()


async def certificates_in_use(
    pem: bytes, names: Sequence[str], connected: Callable[[], Awaitable[socket.socket]]
) -> None:
    """Wait until Caddy proves each name; it stores a certificate a moment before it uses it."""
    tls = trusting(pem)
    async with asyncio.timeout(WAIT_SECONDS):
        for name in names:
            while not await _proves(name, tls, connected):
                await asyncio.sleep(0.02)


async def _proves(
    name: str, tls: ssl.SSLContext, connected: Callable[[], Awaitable[socket.socket]]
) -> bool:
    try:
        door = await connected()
        _, writer = await asyncio.open_connection(sock=door, ssl=tls, server_hostname=name)
    except (ssl.SSLError, ConnectionError):
        return False
    writer.close()
    return True


def trusting(pem: bytes) -> ssl.SSLContext:
    """Return the TLS settings of a client that trusts this root and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem.decode())
    return context
