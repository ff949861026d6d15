"""A whole site on a host of its own, reached by its front door and nothing else."""

import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from support.caddy import Caddy, certificates_in_use, running_caddy, trusting
from support.namespaces import Host
from support.site import START_SECONDS, Site, until
from support.socket_relay import by_socket

NAME = "genba.local"
SITE = "みなと精機"
LOGIN, PASSWORD = "hanako", "ひらがなと数字の長い文 7"
ROOT = "pki/authorities/local/root.crt"


class FarSite(Site):
    """A server behind Caddy, announced by mDNS; its admin sits at another host."""

    def __init__(
        self, folder: Path, dsn: str, host: Host, caddy: Caddy, desk: Host, *, announced: bool
    ) -> None:
        super().__init__(folder, dsn, host)
        self.url = f"https://{NAME}"
        self.desk = desk
        self._announced = announced
        self._root = caddy.folder / "data" / ROOT
        settings = {
            "FRONT_DOOR__ENABLED": "true",
            "FRONT_DOOR__ADMIN": caddy.admin,
            "DISCOVERY__ENABLED": str(announced).lower(),
        }
        self.environment |= {f"GENBA_SERVER__{key}": value for key, value in settings.items()}

    async def start_server(self) -> None:
        """Start the server, and wait until its front door is open."""
        await self.server.start()
        await until(self._listens, "the server listens", self.server, seconds=START_SECONDS)
        await until(self._has_root, "Caddy has its root", self.server)
        await certificates_in_use(self._root.read_bytes(), [NAME], self._at_the_door)

    async def open(self) -> None:
        """Start the server, set the site up, make the admin's token and the client."""
        await self.start_server()
        await self._set_up()
        if self._announced:
            # Its new name and id are announced within 10 s; a start is quicker.
            await self.server.end()
            await self.start_server()
        self.token = (await self.cli("token", "tests")).strip().splitlines()[-1]
        self._client = self.client_at(self.desk, {"Authorization": f"Bearer {self.token}"})

    def client_at(self, host: Host, headers: dict[str, str]) -> aiohttp.ClientSession:
        """Return a client that speaks to this site from another host, and trusts its CA only."""
        connector = aiohttp.TCPConnector(
            ssl=self.trust(),
            resolver=_Known(self.host.address),
            socket_factory=lambda _: host.new_socket(),
        )
        return aiohttp.ClientSession(self.url, connector=connector, headers=headers)

    def trust(self) -> ssl.SSLContext:
        """Return the TLS settings of who trusts this site's CA and nothing else."""
        return trusting(self._root.read_bytes())

    async def _set_up(self) -> None:
        link = (await self.cli("setup-link")).strip().splitlines()[-1]
        wanted = {
            "code": link.rpartition("=")[2],
            "site": SITE,
            "zone": "Asia/Tokyo",
            "language": "ja",
            "name": "佐藤 花子",
            "login": LOGIN,
            "password": PASSWORD,
        }
        async with (
            self.browser_at(self.desk) as browser,
            browser.post("/api/v1/session/set-up", json=wanted) as answer,
        ):
            assert answer.status == 200, await answer.text()

    def browser_at(self, host: Host) -> aiohttp.ClientSession:
        """Return a browser without a session at another host."""
        return self.client_at(host, {"Origin": self.url})

    def _has_root(self) -> bool:
        return self._root.exists() and self._root.read_bytes().endswith(b"CERTIFICATE-----\n")

    async def _at_the_door(self) -> socket.socket:
        return await self.desk.connected(self.host.address, 443)

    async def _listens(self) -> bool:
        try:
            (await self.host.connected("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True


class _Known(AbstractResolver):
    """Knows one address, for any name."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=self._address, port=port, family=2, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def far_site(
    folder: Path,
    database_url: str,
    host: Host,
    desk: Host,
    *,
    announced: bool = True,
    stolen_authority: Path | None = None,
) -> AsyncIterator[FarSite]:
    """Run a site on a host, with its admin's desk at another.

    `stolen_authority` is the folder of another site, whose CA and its keys it has.
    """
    folder.mkdir()
    if stolen_authority is not None:
        shutil.copytree(stolen_authority / "data" / "pki", folder / "data" / "pki")
    async with running_caddy(folder, host.prefix) as caddy, by_socket(database_url, folder) as dsn:
        site = FarSite(folder, dsn, host, caddy, desk, announced=announced)
        try:
            await site.open()
            yield site
        finally:
            await site.close()
