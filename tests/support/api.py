"""The whole server in this process, and a client that holds its token."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from aiohttp import ClientResponse, web_app
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from server.serving import Server, open_app
from server.settings import Settings, StateSettings
from server.shipped import read_shipped
from support.ways_in import make_token

# How long the sealer may take under the load of other tests.
SEALED_SECONDS = 10
# Read once for all servers of a test run.
_shipped = cache(read_shipped)


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any


class Api:
    """Speaks to the server as an admin, in English."""

    def __init__(
        self, server: Server, client: "TestClient[Request, Application]", token: str
    ) -> None:
        self.server = server
        self.client = client
        self.token = token

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request with the token and return the answer, whatever its status."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": "en",
            **options.pop("headers", {}),
        }
        async with self.client.request(method, path, headers=headers, **options) as answer:
            return await read(answer)

    async def get(self, path: str, **options: Any) -> Any:
        """Return the JSON of a GET that must succeed."""
        return expect(await self.ask("GET", path, **options), 200).json

    async def post(self, path: str, body: object, status: int = 201) -> Any:
        """Return the JSON of a POST that must succeed."""
        return expect(await self.ask("POST", path, json=body), status).json

    @property
    def port(self) -> int:
        """Where the server listens on loopback."""
        return int(self.client.port or 0)

    async def kinds(self) -> list[str]:
        """Return the kinds of all journal entries in order, sealed or not."""
        async with self.server.database.connection() as connection:
            rows = await connection.fetch("select kind from journal.entry order by seq")
        return [row["kind"] for row in rows]

    async def told(self, kind: str, which: Callable[[Any], bool] = lambda _: True) -> list[Any]:
        """Return such entries of the journal, newest first, once there is one that is sealed."""
        async with asyncio.timeout(SEALED_SECONDS):
            while True:
                entries = (await self.get(f"/api/v1/journal?kind={kind}"))["items"]
                if found := [entry for entry in entries if which(entry)]:
                    return found
                await asyncio.sleep(0.02)


async def enrolled(api: Api, name: str, public: bytes = b"") -> str:
    """Enrol an agent with this key, or one that nobody holds, and return its id."""
    token = (await api.post("/api/v1/devices/enrolments", {"name": name}))["token"]
    key = base64.b64encode(public or secrets.token_bytes(32)).decode()
    asked = {"token": token, "agent_key": key}
    return str((await api.post("/api/v1/devices/enrol", asked, status=200))["agent"])


async def read(response: ClientResponse) -> Answer:
    """Read a response to its end."""
    body = await response.read()
    is_json = response.content_type.endswith("json") and body
    return Answer(
        response.status, response.headers.copy(), body, await response.json() if is_json else None
    )


def expect(answer: Answer, status: int) -> Answer:
    """Fail with the server's words unless the status is the expected one."""
    assert answer.status == status, f"{answer.status}: {answer.body.decode('utf-8', 'replace')}"
    return answer


@asynccontextmanager
async def open_api(dsn: str, settings: Settings | None = None) -> AsyncIterator[Api]:
    """Open a server on a migrated database."""
    with TemporaryDirectory() as folder:
        wanted = msgspec.structs.replace(settings or Settings(), state=StateSettings(folder))
        async with open_app(wanted, dsn, _shipped()) as server:
            token = await make_token(server.database)
            try:
                async with TestClient(TestServer(server.application)) as client:
                    yield Api(server, client, token)
            finally:
                # aiohttp would keep 1,024 handlers, and with each its application: 7 MB of ours.
                web_app._cached_build_middleware.cache_clear()
