"""Clients that send too much, too slowly, or nothing at all."""

import asyncio
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from server.front_door.admin_api import AdminApi
from server.front_door.keeper import FrontDoor
from server.front_door.plan import Door
from server.kernel import decoding
from support.api import Api
from support.caddy import Caddy, running_caddy

SLOW_CLIENTS = 200
WAIT_SECONDS = 60
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_stream(port: int, begin: bytes) -> Streams:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begin)
    await writer.drain()
    return reader, writer


async def status_of(port: int, request: bytes) -> int:
    """Send one request and return the status of the answer."""
    async with asyncio.timeout(WAIT_SECONDS):
        reader, writer = await open_stream(port, request)
        line = await reader.readline()
        writer.close()
    return int(line.split()[1])


def port_of(api: Api) -> int:
    port = api.client.port
    assert port is not None
    return port


HEALTH = b"GET /api/system/health HTTP/1.1\r\nHost: genba.local\r\n\r\n"


async def test_200_slow_clients_do_not_stop_a_normal_one(api: Api) -> None:
    slow = [await open_stream(port_of(api), b"GET / HTTP/1.1\r\nX-A:") for _ in range(SLOW_CLIENTS)]
    body = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{"
    slow += [await open_stream(port_of(api), body) for _ in range(SLOW_CLIENTS)]
    assert await status_of(port_of(api), HEALTH) == 200
    for _, writer in slow:
        writer.close()


async def test_the_front_door_sends_slow_clients_away(api: Api, tmp_path: Path) -> None:
    async with running_caddy(tmp_path) as caddy:
        https, http = await opened(caddy, port_of(api))
        slow = [await open_stream(http, b"GET / HTTP/1.1\r\nX-A:") for _ in range(SLOW_CLIENTS)]
        slow += [await open_stream(https, b"\x16\x03\x01") for _ in range(SLOW_CLIENTS)]
        assert await status_of(http, HEALTH) == 308
        async with asyncio.timeout(WAIT_SECONDS):
            for reader, writer in slow:
                await reader.read()
                writer.close()


async def opened(caddy: Caddy, upstream: int) -> tuple[int, int]:
    door = Door(
        ["genba.local"],
        f"127.0.0.1:{upstream}",
        https_port=unused_port(),
        http_port=unused_port(),
    )
    assert await FrontDoor(door, AdminApi(caddy.admin)).look() is None, caddy.log
    return door.https_port, door.http_port


async def test_a_body_that_never_ends_is_given_up(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "BODY_SECONDS", 0.1)
    token = f"Authorization: Bearer {api.token}\r\n".encode()
    request = (
        b"POST /api/v1/people HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n" + token + b"\r\n{"
    )
    assert await status_of(port_of(api), request) == 408


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: a\r\n" * 5_000 + b"\r\n",
        b"\x00\xff\xfe\r\n\r\n",
    ],
    ids=["line", "header", "headers", "noise"],
)
async def test_a_head_that_is_too_large_or_none_is_refused(api: Api, head: bytes) -> None:
    assert await status_of(port_of(api), head) == 400
    assert await status_of(port_of(api), HEALTH) == 200


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: Api) -> None:
    token = f"Authorization: Bearer {api.token}\r\n".encode()
    request = (
        b"POST /api/v1/people HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 10000000\r\n" + token + b"\r\n"
    )
    assert await status_of(port_of(api), request) == 413
