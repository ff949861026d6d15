"""Every route and topic, as every role and as nobody: open to those who hold its permission."""

import re

import pytest

from server.kernel.auth import EVERYTHING, FIRST_FACTOR, SIGNED_IN
from server.kernel.http import Route
from server.modules.accounts.model import ADMIN, BUILTIN_ROLES
from support.api import Api
from support.browser_session import BrowserSession, set_up, signed_in

SOME_ID = "01a1f732-e9bf-7000-8e89-c103f3a211b6"
# Open without a permission, each for its reason; a new one must be added here on purpose.
OPEN_TO_ALL = {
    "GET /api/v1/welcome",
    "GET /api/v1/authority",
    "POST /api/v1/session",
    "POST /api/v1/session/kiosk",
    "POST /api/v1/session/link",
    "POST /api/v1/session/set-up",
    "POST /api/v1/session/whose-link",
    "POST /api/v1/session/password-link",
    "POST /api/v1/oauth/token",
    "POST /api/v1/session/forgotten",
    "POST /api/v1/session/passkeys/challenge",
    "POST /api/v1/session/passkeys/sign-in",
    "DELETE /api/v1/session",
    "POST /api/v1/devices/enrol",
    "GET /api/v1/devices/site",
    "POST /api/v1/devices/pairings",
    "POST /api/v1/devices/pairings/{id}/reveal",
    "POST /api/v1/devices/pairings/{id}/poll",
    "GET /api/system/health",
    "GET /api/v1/openapi.json",
}


def routes_of(api: Api) -> list[Route]:
    return [route for group in api.server.parts.routes.values() for route in group]


async def test_what_is_open_to_all_is_written_down(api: Api) -> None:
    found = {f"{r.method} {r.path}" for r in routes_of(api) if r.permission is None}
    assert found | {"GET /api/v1/openapi.json"} == OPEN_TO_ALL


# Whoever may most comes last: what they do changes what the others find.
ROLES = [*(role for role in BUILTIN_ROLES if role != ADMIN), "", ADMIN]


@pytest.mark.timeout(240)
async def test_each_route_asks_each_role_for_its_permission(api: Api) -> None:
    await set_up(api)
    await ask_every_route(api, BrowserSession(api), "nobody", frozenset())
    for role in ROLES:
        browser = await signed_in(api, f"r-{role}", *filter(None, [role]))
        session = (await browser.ask("GET", "/api/v1/session")).json
        await ask_every_route(api, browser, role, frozenset(session["permissions"]))


async def ask_every_route(
    api: Api, browser: BrowserSession, role: str, held: frozenset[str]
) -> None:
    for route in routes_of(api):
        if route.permission is None or (route.method in ("DELETE",) and "session" in route.path):
            continue
        path = re.sub(r"\{\w+\}", SOME_ID, route.path)
        answer = await browser.ask(route.method, path)
        what = f"{role} {route.method} {path}: {answer.status} {answer.body[:200]!r}"
        if role == "nobody":
            assert answer.status == 401, what
        elif route.permission in (SIGNED_IN, FIRST_FACTOR) or held & {route.permission, EVERYTHING}:
            assert answer.status not in (401, 500), what
            if answer.status == 403:  # a rule of its own, not the permission
                assert answer.json["type"] != "/problems/forbidden", what
        else:
            assert answer.status == 403, what
            assert answer.json["type"] == "/problems/forbidden", what


@pytest.mark.timeout(120)
async def test_each_topic_asks_each_role_for_its_permission(api: Api) -> None:
    feeds = [feed for module in api.server.parts.modules for feed in module.feeds]
    for role in ROLES:
        browser = await signed_in(api, f"t-{role}", *filter(None, [role]))
        session = (await browser.ask("GET", "/api/v1/session")).json
        headers = {"Cookie": f"genba_session={browser.cookie}"}
        async with api.client.ws_connect("/api/v1/live", headers=headers) as socket:
            for feed in feeds:
                await socket.send_json({"type": "subscribe", "topic": feed.topic})
                answer = await socket.receive_json(timeout=10)
                while answer["type"] == "event":
                    answer = await socket.receive_json(timeout=10)
                open_to = {feed.permission, EVERYTHING} & set(session["permissions"])
                assert answer["type"] == ("subscribed" if open_to else "refused"), role


async def test_a_topic_is_closed_to_nobody(api: Api) -> None:
    async with api.client.get("/api/v1/live") as answer:
        assert answer.status == 401
