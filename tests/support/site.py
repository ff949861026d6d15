"""A whole site as real processes: a server on a real database, and agents with their kiosks."""

import asyncio
import contextlib
import http.client
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from websockets.asyncio.client import ClientConnection, connect

from contract.cards import Technology
from contract.kiosk import AskSamples, FromKiosk, Samples, State, Tap, ToKiosk
from server.kernel.database import Database
from server.kernel.gateway import COOKIE
from server.modules.accounts.model import Purpose
from support.namespaces import HERE, Host
from support.process import REPO, WAIT_SECONDS, Process
from support.ways_in import make_link, make_token

START_SECONDS = 30
BOUNCE_SECONDS = 1.05


async def until(
    condition: Callable[[], Any], what: str, *processes: Process, seconds: float = WAIT_SECONDS
) -> Any:
    """Wait until the condition (maybe a coroutine function) is true, and return its value."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                value = condition()
                if asyncio.iscoroutine(value):
                    value = await value
                if value:
                    return value
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(
            "\n".join([f"waited in vain until {what}", *(p.explain() for p in processes)])
        ) from None


class Kiosk:
    """A kiosk page without a screen: it taps, and sees what the agent shows."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.state: State | None = None
        self._decode = msgspec.json.Decoder(ToKiosk).decode
        self._tapped: dict[str, float] = {}

    async def send(self, message: FromKiosk) -> None:
        await self._socket.send(msgspec.json.encode(message).decode())

    async def tap(self, uid: str, technology: Technology = Technology.ISO14443A) -> State:
        """Hold a card to the virtual reader and return what the kiosk answers to it."""
        # The same card within a second is one presentation to the desk: people are not faster.
        loop = asyncio.get_running_loop()
        rest = self._tapped.get(uid, 0) + BOUNCE_SECONDS - loop.time()
        await asyncio.sleep(max(0, rest))
        self._tapped[uid] = loop.time()
        before = self.state.feedback.number if self.state and self.state.feedback else 0
        await self.send(Tap(uid, technology))
        return await self.see(
            lambda state: state.feedback is not None and state.feedback.number > before
        )

    async def samples(self) -> Samples:
        """Ask for the drawer's cards."""
        await self.send(AskSamples())
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                message = self._decode(await self._socket.recv())
                if isinstance(message, Samples):
                    return message
                self.state = message

    async def see(self, condition: Callable[[State], bool]) -> State:
        """Wait for a state that fulfils the condition."""
        async with asyncio.timeout(WAIT_SECONDS):
            while self.state is None or not condition(self.state):
                message = self._decode(await self._socket.recv())
                if isinstance(message, State):
                    self.state = message
        return self.state


class Agent:
    """One agent: a folder, settings, a process on a host."""

    def __init__(
        self, site: "Site", name: str, environment: dict[str, str], host: Host = HERE
    ) -> None:
        self.site = site
        self.name = name
        self.host = host
        self.folder = site.folder / name
        self.folder.mkdir()
        self.port = site.free_port()
        self.environment = {
            **os.environ,
            "GENBA_AGENT__SERVER__URL": site.url,
            "GENBA_AGENT__DATA__DIR": str(self.folder),
            "GENBA_AGENT__LOCAL__PORT": str(self.port),
            "GENBA_AGENT__READERS__VIRTUAL": "true",
            "GENBA_AGENT__READERS__PCSC": "false",
            **environment,
        }
        self.process = Process(
            name,
            ["-m", "agent", "run"],
            self.environment,
            site.folder / f"{name}.log",
            host.prefix,
        )

    async def enrol(self) -> None:
        """Get a key with a one-time token, as an admin would do it."""
        token = (await self.site.cli("enrol", self.name)).strip().splitlines()[-1]
        enrolling = Process(
            f"{self.name}-enrol",
            ["-m", "agent", "enrol", "--token", token],
            self.environment,
            self.site.folder / f"{self.name}-enrol.log",
        )
        await enrolling.start()
        process = enrolling._process
        assert process is not None
        assert await process.wait() == 0, enrolling.explain()

    async def start(self) -> None:
        await self.process.start()
        await until(self._answers, f"{self.name} answers", self.process, seconds=START_SECONDS)

    async def _answers(self) -> bool:
        try:
            (await self.host.connected("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    async def health(self) -> Any:
        """Return what `/health` answers."""

        def ask() -> bytes:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
            with contextlib.closing(connection):
                connection.request("GET", "/health")
                return connection.getresponse().read()

        return msgspec.json.decode(await self.host.do(ask))

    @asynccontextmanager
    async def kiosk(self) -> AsyncIterator[Kiosk]:
        """Open a page of this agent's kiosk."""
        origin = f"http://127.0.0.1:{self.port}"
        url = f"ws://127.0.0.1:{self.port}/ws"
        near = await self.host.connected("127.0.0.1", self.port)
        async with connect(url, origin=origin, proxy=None, sock=near) as socket:
            kiosk = Kiosk(socket)
            await kiosk.see(lambda state: True)
            yield kiosk


class Site:
    """A server and its agents."""

    def __init__(self, folder: Path, dsn: str, host: Host = HERE) -> None:
        self.folder = folder
        self.host = host
        self.dsn = dsn
        self._ports: set[int] = set()
        self.port = self.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "GENBA_SERVER__HTTP__PORT": str(self.port),
            "GENBA_SERVER__DATABASE__DSN": dsn,
            "GENBA_SERVER__STATE__FOLDER": str(folder / "state"),
        }
        self.server = Process(
            "server",
            ["-m", "server", "serve"],
            self.environment,
            folder / "server.log",
            host.prefix,
        )
        self.agents: dict[str, Agent] = {}
        self._client: aiohttp.ClientSession | None = None
        self._has_admin = False
        self.token = ""

    def free_port(self) -> int:
        """Return a port that is free now and that this site has not given out."""
        import socket

        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            if port not in self._ports:
                self._ports.add(port)
                return port

    async def cli(self, *arguments: str) -> str:
        """Run `genba-server` and return what it prints."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            *arguments,
            cwd=REPO,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, f"genba-server {arguments}: {err.decode()}"
        return out.decode()

    async def start_server(self) -> None:
        await self.server.start()
        await until(self._healthy, "the server answers", self.server, seconds=START_SECONDS)

    async def _healthy(self) -> bool:
        try:
            async with self.client.get("/api/system/health") as answer:
                return answer.status < 500
        except aiohttp.ClientError:
            return False

    async def add_agent(self, name: str, **environment: str) -> Agent:
        """Enrol an agent and start it."""
        agent = Agent(self, name, environment)
        self.agents[name] = agent
        await agent.enrol()
        await agent.start()
        return agent

    @property
    def client(self) -> aiohttp.ClientSession:
        """An HTTP client with the admin's token."""
        assert self._client is not None
        return self._client

    async def get(self, path: str) -> Any:
        async with self.client.get(path) as answer:
            assert answer.status == 200, f"GET {path}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def post(self, path: str, body: object, status: int | None = None) -> Any:
        async with self.client.post(path, json=body) as answer:
            text = await answer.text()
            as_wanted = answer.status < 300 if status is None else answer.status == status
            assert as_wanted, f"POST {path}: {answer.status} {text}"
            return msgspec.json.decode(text) if text else None

    async def person(self, code: str, name: str, card: str) -> str:
        """Register a person with a card and return the id."""
        person = await self.post("/api/v1/people", {"code": code, "name": name})
        await self.post("/api/v1/cards", {"uid": card, "person": person["id"]})
        return str(person["id"])

    async def item(self, code: str, name: str, tag: str) -> str:
        """Register an item with a tag and return the id."""
        item = await self.post("/api/v1/items", {"code": code, "name": name})
        await self.post(f"/api/v1/items/{item['id']}/tags", {"uid": tag})
        return str(item["id"])

    async def sign_in_url(self) -> str:
        """Return an address that signs a browser in as an admin, once."""
        if not self._has_admin:
            admin = {"login": "kensa", "name": "検査 花子", "roles": ["admin"]}
            await self.post("/api/v1/accounts", admin)
            self._has_admin = True
        return await self.sign_in_url_of("kensa")

    async def sign_in_url_of(self, login: str) -> str:
        """Return an address that signs a browser in with this account, once."""
        async with Database.open(self.dsn, max_size=1) as database:
            return self.url + await make_link(database, login, Purpose.SIGNIN)

    async def cookie(self) -> str:
        """Sign in as a browser does; return the Cookie header that an admin's requests have."""
        code = (await self.sign_in_url()).partition("=")[2]
        async with (
            aiohttp.ClientSession() as client,
            client.post(
                f"{self.url}/api/v1/session/link", json={"code": code}, headers={"Origin": self.url}
            ) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return f"{COOKIE}={answer.cookies[COOKIE].value}"

    async def close(self) -> None:
        for agent in self.agents.values():
            await agent.process.end(signal.SIGKILL)
        await self.server.end(signal.SIGKILL)
        if self._client is not None:
            await self._client.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Site"]:
        """Open it, and close it at the end."""
        try:
            await self.open()
            yield self
        finally:
            await self.close()

    async def open(self) -> None:
        """Make the admin's token and the client, then start the server."""
        async with Database.open(self.dsn, max_size=1) as database:
            self.token = await make_token(database)
        self._client = aiohttp.ClientSession(
            self.url, headers={"Authorization": f"Bearer {self.token}"}
        )
        await self.start_server()
