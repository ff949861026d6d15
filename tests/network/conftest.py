"""A whole site on one host, and another host to reach it from."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from support.caddy import Caddy, running_caddy
from support.namespaces import Host, two_hosts
from support.site import Process, until
from support.socket_relay import by_socket

NAME = "genba.local"


@dataclass(frozen=True)
class Box:
    """The server's host with all that runs on it."""

    host: Host
    caddy: Caddy
    server: Process


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with two_hosts() as hosts:
        yield hosts


@pytest.fixture
def client(hosts: tuple[Host, Host]) -> Host:
    """The host that the site is reached from."""
    return hosts[1]


@pytest_asyncio.fixture
async def box(hosts: tuple[Host, Host], tmp_path: Path, database_url: str) -> AsyncIterator[Box]:
    """A server behind its front door, announced by mDNS."""
    host = hosts[0]
    async with (
        running_caddy(tmp_path, host.prefix) as caddy,
        by_socket(database_url, tmp_path) as dsn,
    ):
        settings = {
            "HTTP__PORT": "8080",
            "DATABASE__DSN": dsn,
            "STATE__FOLDER": str(tmp_path / "state"),
            "FRONT_DOOR__ENABLED": "true",
            "FRONT_DOOR__ADMIN": caddy.admin,
            "DISCOVERY__ENABLED": "true",
        }
        environment = {f"GENBA_SERVER__{key}": value for key, value in settings.items()}
        server = Process(
            "server",
            ["-m", "server", "serve"],
            {**os.environ, **environment},
            tmp_path / "server.log",
            host.prefix,
        )
        await server.start()
        try:
            await until(lambda: host.do(_listens, 8080), "the server listens", server)
            await caddy.has_certificates(NAME)
            yield Box(host, caddy, server)
        finally:
            await server.end()


def _listens(port: int) -> bool:
    async def connect() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    return asyncio.run(connect())
