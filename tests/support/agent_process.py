"""A real agent in a process of its own, and a page that taps its virtual reader."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import urllib.request
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from agent.identity import Identity, store_identity
from contract.kiosk import AskSamples, FromKiosk, Samples, State, Tap, ToKiosk
from contract.sign_in import PinAnswer
from support.link_server import identity_here

REPO = Path(__file__).parent.parent.parent
LONG_ENOUGH = 20.0
MINE = identity_here()


class Page:
    """A kiosk page: what it was shown, and what it sends."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.states: list[State] = []

    async def send(self, message: FromKiosk) -> None:
        """Send as the page does."""
        await self._socket.send(msgspec.json.encode(message).decode())

    async def tap(self, uid: str) -> None:
        """Hold a card to the virtual reader."""
        await self.send(Tap(uid))

    async def know(self, item_card: str) -> None:
        """Wait until the agent knows this item: the server's rows have arrived."""
        async with asyncio.timeout(LONG_ENOUGH):
            while True:
                await self.send(AskSamples())
                message = await self._read()
                while not isinstance(message, Samples):
                    message = await self._read()
                if any(card.uid == item_card for card in message.items):
                    return
                await self.until(lambda state: True)

    async def _read(self) -> ToKiosk:
        message: ToKiosk = msgspec.json.decode(await self._socket.recv(), type=ToKiosk)
        return message

    async def told(self) -> PinAnswer:
        """Return the next answer to a PIN; states are passed over."""
        async with asyncio.timeout(LONG_ENOUGH):
            while not isinstance(message := await self._read(), PinAnswer):
                pass
        return message

    async def until(self, what: Callable[[State], bool]) -> State:
        """Return the first state from now on for which `what` holds."""
        async with asyncio.timeout(LONG_ENOUGH):
            while True:
                message = await self._read()
                if isinstance(message, State):
                    self.states.append(message)
                    if what(message):
                        return message


class AgentProcess:
    """A running agent; `kill` is a power cut to it."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        """Open a page as the kiosk's browser does."""
        async with connect(
            f"ws://127.0.0.1:{self.port}/ws",
            origin=f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]
            proxy=None,
        ) as socket:
            yield Page(socket)

    async def health(self) -> dict[str, object]:
        """Return what `/health` answers."""
        url = f"http://127.0.0.1:{self.port}/health"

        def ask() -> dict[str, object]:
            with urllib.request.urlopen(url, timeout=LONG_ENOUGH) as answer:
                found: dict[str, object] = json.loads(answer.read())
                return found

        return await asyncio.to_thread(ask)

    async def stop(self) -> int:
        """Ask it to end, as systemd does; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LONG_ENOUGH):
            return await self.process.wait()

    async def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def running_agent(
    folder: Path,
    server_url: str,
    *,
    identity: Identity | None = MINE,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[AgentProcess]:
    """Start an agent with the virtual reader on a free port, and end it at the end of the block."""
    folder.mkdir(exist_ok=True)
    if identity is not None:
        store_identity(folder, identity)
    settings = {
        "DATA__DIR": str(folder),
        "SERVER__URL": server_url,
        "LOCAL__PORT": "0",
        "READERS__VIRTUAL": "true",
        "READERS__PCSC": "false",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agent",
        "run",
        cwd=REPO,
        stdout=PIPE,
        env={
            **os.environ,
            "PYTHONPATH": str(REPO),
            **{f"GENBA_AGENT__{name}": value for name, value in settings.items()},
            **(environment or {}),
        },
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(LONG_ENOUGH):
            line = (await process.stdout.readline()).decode()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found is not None, f"the agent did not start: {line!r}"
        yield AgentProcess(process, int(found[1]))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
