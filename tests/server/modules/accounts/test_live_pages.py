"""A live page ends with the right to it, at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import WSMsgType

from support.api import Api, expect
from support.browser_session import BrowserSession, signed_in

JIRO = "jiro"


async def by_himself(api: Api, jiro: BrowserSession, account: str) -> None:
    expect(await jiro.ask("DELETE", "/api/v1/session"), 204)


async def by_an_admin(api: Api, jiro: BrowserSession, account: str) -> None:
    expect(await api.ask("DELETE", f"/api/v1/accounts/{account}/sessions"), 204)


async def by_disabling(api: Api, jiro: BrowserSession, account: str) -> None:
    version = {"If-Match": (await api.ask("GET", f"/api/v1/accounts/{account}")).headers["ETag"]}
    changed = await api.ask(
        "PATCH", f"/api/v1/accounts/{account}", json={"disabled": True}, headers=version
    )
    expect(changed, 200)


async def by_changing_the_role(api: Api, jiro: BrowserSession, account: str) -> None:
    [viewer] = [r for r in (await api.get("/api/v1/roles"))["items"] if r["id"] == "viewer"]
    version = {"If-Match": f'"{viewer["version"]}"'}
    changed = await api.ask(
        "PATCH", "/api/v1/roles/viewer", json={"permissions": []}, headers=version
    )
    expect(changed, 200)


async def by_erasing_the_person(api: Api, jiro: BrowserSession, account: str) -> None:
    person = (await api.post("/api/v1/people", {"code": "7", "name": "山田 次郎"}))["id"]
    async with api.server.database.connection() as connection:
        await connection.execute(
            "update accounts.account set person = $1 where id = $2", person, account
        )
    await api.post(f"/api/v1/people/{person}/erase", {"code": "7"}, status=200)


@pytest.mark.parametrize(
    "end", [by_himself, by_an_admin, by_disabling, by_changing_the_role, by_erasing_the_person]
)
async def test_who_loses_the_right_loses_the_page(
    api: Api, end: Callable[[Api, BrowserSession, str], Awaitable[None]]
) -> None:
    jiro = await signed_in(api, JIRO, "viewer")
    [account] = (await api.get(f"/api/v1/accounts?search={JIRO}"))["items"]
    headers = {"Cookie": f"genba_session={jiro.cookie}"}
    async with api.client.ws_connect("/api/v1/live", headers=headers) as socket:
        await socket.send_json({"type": "subscribe", "topic": "people"})
        assert (await socket.receive_json(timeout=10))["type"] == "subscribed"
        await end(api, jiro, account["id"])
        async with asyncio.timeout(10):
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert socket.close_code == 4001
