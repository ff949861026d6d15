"""The parts of the fan-out's measurement as processes: servers that tell, clients that are told."""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scripts.benchmarks.procfs import pss_bytes
from support.process import REPO
from support.site import Site, until

HERE = Path(__file__).parent
SOCKETIO = HERE / "socketio"
# Longer than any message of the set-up, shorter than the event.
LEAST_BYTES = 200
CONNECT_SECONDS = 240
ROUND_SECONDS = 60
# How clients wait for news; sockets.c says what that means.
Waiting = Literal["busy", "asleep"]


@dataclass(frozen=True, slots=True)
class Told:
    """When the first, the middle and the last client had it; CLOCK_MONOTONIC in ns."""

    first: int
    middle: int
    last: int


class Teller:
    """A server process that tells when it begins, in lines of JSON."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def pss_bytes(self) -> int:
        """Return the memory it has."""
        return pss_bytes(self.pid)

    async def say(self, line: str) -> None:
        """Write a line to its stdin."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def hear(self) -> dict[str, int]:
        """Return its next line of JSON."""
        assert self._process.stdout is not None
        async with asyncio.timeout(ROUND_SECONDS):
            line = await self._process.stdout.readline()
            while line and not line.startswith(b"{"):  # what it says to a person
                line = await self._process.stdout.readline()
        answer: dict[str, int] = json.loads(line)
        return answer

    async def began(self) -> int:
        """Return when it began to tell."""
        return (await self.hear())["began"]


class Clients:
    """Sockets in one process; see sockets.c."""

    def __init__(self, process: Process, count: int) -> None:
        self._process = process
        self.count = count

    async def expect(self) -> None:
        """Begin a round: what comes from now on counts."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        await self._line()

    async def told(self) -> Told:
        """Wait until all were told."""
        first, middle, last = (await self._line()).split()
        return Told(int(first), int(middle), int(last))

    async def _line(self, seconds: float = ROUND_SECONDS) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the clients have ended; see above")
        return line.decode().strip()


@asynccontextmanager
async def clients(
    program: Path,
    port: int,
    count: int,
    request: bytes,
    first: bytes,
    setup: int,
    waiting: Waiting = "busy",
) -> AsyncIterator[Clients]:
    """Open so many sockets; each sends `first` as its first message and hears `setup` messages."""
    file = program.with_name(f"request-{port}-{count}")
    file.write_bytes(request + b"\x01" + _masked(first))
    arguments = [str(port), str(count), str(setup), str(LEAST_BYTES), str(file), waiting]
    process = await asyncio.create_subprocess_exec(program, *arguments, stdin=PIPE, stdout=PIPE)
    try:
        opened = Clients(process, count)
        assert await opened._line(CONNECT_SECONDS) == "ready"
        yield opened
    finally:
        await _end(process)


def build_clients(folder: Path) -> Path:
    """Compile the clients; needs gcc."""
    program = folder / "sockets"
    source = HERE / "sockets.c"
    subprocess.run(["gcc", "-O2", "-Wall", "-o", str(program), str(source)], check=True)
    return program


def upgrade(path: str, headers: str = "") -> bytes:
    """Return the request that opens a WebSocket (RFC 6455, section 4.1)."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"{headers}\r\n"
    ).encode()


def _masked(payload: bytes) -> bytes:
    """Return a client's text frame; a mask of zeros is a mask."""
    assert len(payload) < 126
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload


@asynccontextmanager
async def genba(site: Site, processes: int = 1) -> AsyncIterator[list[Teller]]:
    """Run so many servers behind the site's port, instead of the one that runs there."""
    await site.server.end()
    environment = {
        **site.environment,
        "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "tests")]),
        "GENBA_SERVER__HTTP__SHARE_PORT": str(processes > 1).lower(),
    }
    async with contextlib.AsyncExitStack() as stack:
        tellers: list[Teller] = []
        with (site.folder / "fanout.log").open("ab") as log:
            for _ in range(processes):
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "scripts.benchmarks.fanout_server", "serve"),
                    cwd=REPO,
                    env=environment,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=log,
                )
                stack.push_async_callback(_end, process)
                tellers.append(Teller(process))
        await until(site._healthy, "the server answers")
        await asyncio.sleep(2)  # all of them listen, and have settled
        yield tellers


def socketio_is_there() -> bool:
    """Say whether Node and npm are here; socket.io is then installed in its own folder."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return False
    if not (SOCKETIO / "node_modules").is_dir():
        command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        return subprocess.run(command, cwd=SOCKETIO, check=False).returncode == 0
    return True


@asynccontextmanager
async def socketio() -> AsyncIterator[tuple[Teller, int]]:
    """Run a socket.io server; yields it and its port."""
    process = await asyncio.create_subprocess_exec(
        "node", "server.mjs", cwd=SOCKETIO, stdin=PIPE, stdout=PIPE
    )
    try:
        teller = Teller(process)
        yield teller, (await teller.hear())["port"]
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
