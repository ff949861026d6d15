"""Limits as callers meet them: through the front door, each with an address of its own."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from server.network_settings import FrontDoorSettings, LimitSettings
from server.settings import Settings
from support.api import Answer, Api, open_api, read

LIMITS = LimitSettings(
    anonymous_per_minute=5,
    user_per_minute=8,
    address_per_minute=30,
    sign_in_per_minute=3,
    handshake_per_minute=10,
    live_sockets_per_address=2,
    live_messages_per_second=2,
)


@pytest.fixture
async def limited(database_url: str) -> AsyncIterator[Api]:
    """A server with narrow limits, and no Caddy: the test stands where it would."""
    settings = Settings(
        front_door=FrontDoorSettings(enabled=True, admin="unix//nonexistent/genba"),
        limits=LIMITS,
    )
    async with open_api(database_url, settings) as api:
        yield api


def behind(address: str, **headers: str) -> dict[str, str]:
    return {
        "X-Forwarded-For": address,
        "X-Forwarded-Proto": "https",
        "Accept-Language": "en",
        **headers,
    }


async def anonymous(api: Api, address: str, path: str = "/api/system/health") -> Answer:
    async with api.client.get(path, headers=behind(address)) as answer:
        return await read(answer)


async def test_a_stranger_is_refused_and_told_when_to_come_back(limited: Api) -> None:
    for left in (4, 3, 2, 1, 0):
        answer = await anonymous(limited, "192.0.2.1")
        assert answer.status == 200
        assert answer.headers["RateLimit-Policy"] == '"anonymous";q=5;w=60'
        assert answer.headers["RateLimit"].startswith(f'"anonymous";r={left};t=')
    refused = await anonymous(limited, "192.0.2.1")
    assert refused.status == 429
    assert refused.json["type"] == "/problems/too-many-requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    assert (await anonymous(limited, "192.0.2.2")).status == 200, "another address"


async def test_a_token_that_is_none_is_a_strangers(limited: Api) -> None:
    headers = behind("192.0.2.1", Authorization="Bearer genba_wrong")
    statuses = []
    for _ in range(7):
        async with limited.client.get("/api/v1/people", headers=headers) as answer:
            statuses.append(answer.status)
    assert statuses == [401] * 5 + [429] * 2


async def test_a_user_has_one_limit_from_all_addresses(limited: Api) -> None:
    statuses = []
    for number in range(10):
        headers = behind(f"192.0.2.{number}", Authorization=f"Bearer {limited.token}")
        async with limited.client.get("/api/v1/people", headers=headers) as answer:
            statuses.append(answer.status)
    assert statuses == [200] * 8 + [429] * 2


async def test_signing_in_is_limited_more_strictly(limited: Api) -> None:
    body = {"login": "hanako", "password": "no password of hers"}
    statuses = []
    for _ in range(5):
        async with limited.client.post(
            "/api/v1/session", json=body, headers=behind("192.0.2.1")
        ) as answer:
            statuses.append(answer.status)
    assert statuses == [403] * 3 + [429] * 2


async def test_one_ipv6_host_has_one_limit_however_many_addresses(limited: Api) -> None:
    statuses = [
        (await anonymous(limited, f"2001:db8::{number:x}")).status for number in range(1, 8)
    ]
    assert statuses == [200] * 5 + [429] * 2
    assert (await anonymous(limited, "2001:db8:0:1::1")).status == 200


async def test_files_have_a_limit_of_their_own(limited: Api) -> None:
    statuses = [(await anonymous(limited, "192.0.2.1", "/kit/html.js")).status for _ in range(32)]
    assert statuses == [200] * 30 + [429] * 2


async def test_processes_of_this_machine_are_hardly_limited(limited: Api) -> None:
    statuses = set()
    for _ in range(50):
        async with limited.client.get("/api/system/health") as answer:
            statuses.add(answer.status)
    assert statuses == {200}


async def test_switched_off_nobody_is_limited(database_url: str) -> None:
    settings = Settings(
        front_door=FrontDoorSettings(enabled=True, admin="unix//nonexistent/genba"),
        limits=LimitSettings(enabled=False, anonymous_per_minute=1),
    )
    async with open_api(database_url, settings) as api:
        answers = [await anonymous(api, "192.0.2.1") for _ in range(5)]
    assert {answer.status for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


def live(api: Api, address: str) -> "aiohttp.client._WSRequestContextManager":
    headers = behind(address, Authorization=f"Bearer {api.token}")
    return api.client.ws_connect("/api/v1/live", headers=headers)


async def test_an_address_has_only_so_many_live_pages(limited: Api) -> None:
    async with live(limited, "192.0.2.1"), live(limited, "192.0.2.1"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with live(limited, "192.0.2.1"):
                pass
        assert refused.value.status == 429
        async with live(limited, "192.0.2.2"):
            pass


async def test_a_live_page_that_shouts_is_sent_away(limited: Api) -> None:
    async with live(limited, "192.0.2.1") as page:
        for _ in range(20):
            await page.send_json({"type": "ping"})
        codes = [message async for message in page]
        assert page.close_code == 4029
        assert len(codes) <= 11


async def test_handshakes_are_limited(limited: Api) -> None:
    statuses = []
    for _ in range(12):
        async with limited.client.get("/link", headers=behind("192.0.2.1")) as answer:
            statuses.append(answer.status)
    assert statuses == [400] * 10 + [429] * 2  # no WebSocket handshake, but counted
