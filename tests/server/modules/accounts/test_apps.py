"""Apps of people: their refresh tokens are rotated, a stolen one ends the app, and it is told."""

import asyncio

import pytest
from aiohttp import WSMsgType

from support.api import Api, expect
from support.browser_session import PASSWORD as CURRENT
from support.browser_session import BrowserSession, signed_in
from support.oauth import open_app, refresh, with_bearer

APPS = "/api/v1/session/apps"
PASSWORD = "a different long sentence"


async def test_an_app_acts_for_its_person(api: Api) -> None:
    jiro = await signed_in(api, "jiro", "manager")
    granted = await open_app(jiro)
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 900)
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    body = {"code": "E1", "name": "x"}
    expect(await api.ask("POST", "/api/v1/people", json=body, headers=headers), 201)
    async with api.server.database.connection() as connection:
        actor = await connection.fetchval(
            "select actor from journal.entry where kind = 'people.person_created'"
        )
        assert actor == f"account:{await connection.fetchval('select id from accounts.account')}"


async def test_each_refresh_gives_other_tokens_and_the_app_goes_on(api: Api) -> None:
    granted = await open_app(await signed_in(api, "jiro", "viewer"))
    seen = {granted["refresh_token"]}
    for _ in range(3):
        answer = await refresh(api, granted["refresh_token"])
        granted = expect(answer, 200).json
        assert answer.headers["Cache-Control"] == "no-store"
        assert granted["refresh_token"] not in seen
        seen.add(granted["refresh_token"])
        expect(await with_bearer(api, granted["access_token"]), 200)


async def test_a_stolen_refresh_token_ends_the_whole_app_and_is_journaled(api: Api) -> None:
    stolen = await open_app(await signed_in(api, "jiro", "viewer"))
    owner = expect(await refresh(api, stolen["refresh_token"]), 200).json
    await _age(api, "refresh set used_at = used_at - interval '11 seconds'")
    thief = await refresh(api, stolen["refresh_token"])
    assert (thief.status, thief.json["error"]) == (400, "invalid_grant")
    # Nobody can say which of the two is the thief: both are out, with every token they hold.
    assert (await refresh(api, owner["refresh_token"])).json["error"] == "invalid_grant"
    for token in (stolen["access_token"], owner["access_token"]):
        assert (await with_bearer(api, token)).status == 401
    await refresh(api, stolen["refresh_token"])
    assert (await api.kinds()).count("accounts.refresh_reused") == 1


async def test_a_lost_answer_is_asked_for_again(api: Api) -> None:
    first = await open_app(await signed_in(api, "jiro", "viewer"))
    one = expect(await refresh(api, first["refresh_token"]), 200).json
    again = expect(await refresh(api, first["refresh_token"]), 200).json
    for granted in (one, again):
        expect(await with_bearer(api, granted["access_token"]), 200)
        expect(await refresh(api, granted["refresh_token"]), 200)
    assert "accounts.refresh_reused" not in await api.kinds()


async def test_two_tabs_that_refresh_at_once_both_go_on(api: Api) -> None:
    first = await open_app(await signed_in(api, "jiro", "viewer"))
    answers = await asyncio.gather(*(refresh(api, first["refresh_token"]) for _ in range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert len({answer.json["refresh_token"] for answer in answers}) == 8


async def test_of_many_who_replay_a_stolen_token_at_once_one_is_journaled(api: Api) -> None:
    first = await open_app(await signed_in(api, "jiro", "viewer"))
    expect(await refresh(api, first["refresh_token"]), 200)
    await _age(api, "refresh set used_at = used_at - interval '11 seconds'")
    answers = await asyncio.gather(*(refresh(api, first["refresh_token"]) for _ in range(8)))
    assert {answer.status for answer in answers} == {400}
    assert (await api.kinds()).count("accounts.refresh_reused") == 1


async def test_an_app_that_is_not_used_for_a_week_ends(api: Api) -> None:
    jiro = await signed_in(api, "jiro", "viewer")
    granted = await open_app(jiro)
    await _age(api, "refresh set expires_at = now()")
    await _age(api, "family set refreshed_at = now() - interval '7 days'")
    assert (await refresh(api, granted["refresh_token"])).json["error"] == "invalid_grant"
    assert expect(await jiro.ask("GET", APPS), 200).json["items"] == []


async def test_own_apps_are_listed_and_ended(api: Api) -> None:
    jiro, taro = await signed_in(api, "jiro", "viewer"), await signed_in(api, "taro", "viewer")
    granted = await open_app(jiro, "棚卸アプリ")
    await open_app(taro, "別の人のアプリ")
    [listed] = expect(await jiro.ask("GET", APPS), 200).json["items"]
    assert (listed["name"], listed["address"]) == ("棚卸アプリ", "127.0.0.1")
    assert (await taro.ask("DELETE", f"{APPS}/{listed['id']}")).status == 404
    expect(await jiro.ask("DELETE", f"{APPS}/{listed['id']}"), 204)
    assert (await with_bearer(api, granted["access_token"])).status == 401
    assert (await refresh(api, granted["refresh_token"])).status == 400
    assert expect(await jiro.ask("GET", APPS), 200).json["items"] == []
    assert {"accounts.app_opened", "accounts.app_revoked"} <= set(await api.kinds())


@pytest.mark.parametrize("end", ["password", "link", "disabled", "signed out"])
async def test_what_ends_an_accounts_sessions_ends_its_apps(api: Api, end: str) -> None:
    jiro = await signed_in(api, "jiro", "viewer")
    granted = await open_app(jiro)
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    path = f"/api/v1/accounts/{found['id']}"
    if end == "password":
        body = {"password": PASSWORD, "current": CURRENT}
        expect(await jiro.ask("POST", "/api/v1/session/password", json=body), 204)
    elif end == "link":
        link = await api.post(f"{path}/password-link", {}, 200)
        body = {"code": link["path"].partition("=")[2], "password": PASSWORD}
        answer = await BrowserSession(api).ask("POST", "/api/v1/session/password-link", json=body)
        expect(answer, 200)
    elif end == "signed out":
        expect(await api.ask("DELETE", f"{path}/sessions"), 204)
    else:
        version = found["version"]
        for disabled in (True, False):
            headers = {"If-Match": f'"{version}"'}
            body = {"disabled": disabled}
            changed = expect(await api.ask("PATCH", path, json=body, headers=headers), 200)
            version = changed.json["version"]
    assert (await with_bearer(api, granted["access_token"])).status == 401
    assert (await refresh(api, granted["refresh_token"])).json["error"] == "invalid_grant"
    assert "accounts.app_revoked" in await api.kinds()


async def test_rights_taken_from_the_person_are_gone_for_their_app(api: Api) -> None:
    granted = await open_app(await signed_in(api, "jiro", "viewer"))
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    headers = {"If-Match": f'"{found["version"]}"'}
    path = f"/api/v1/accounts/{found['id']}"
    expect(await api.ask("PATCH", path, json={"roles": []}, headers=headers), 200)
    assert (await with_bearer(api, granted["access_token"])).status == 403


async def test_an_app_wants_a_recent_proof_and_opens_no_other(api: Api) -> None:
    jiro = await signed_in(api, "jiro", "admin")
    granted = await open_app(jiro)
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    for method, path, body in (
        ("POST", APPS, {"name": "x"}),
        ("GET", APPS, None),
        ("POST", "/api/v1/session/password", {"password": PASSWORD}),
    ):
        refused = await api.ask(method, path, json=body, headers=headers)
        assert refused.json["type"] == "/problems/forbidden", path
    await _age(api, "session set authenticated_at = now() - interval '16 minutes'")
    refused = await jiro.ask("POST", APPS, json={"name": "x"})
    assert refused.json["type"] == "/problems/confirm-first"


async def test_a_live_page_of_an_app_is_closed_when_the_app_ends(api: Api) -> None:
    jiro = await signed_in(api, "jiro", "viewer")
    granted = await open_app(jiro)
    [listed] = expect(await jiro.ask("GET", APPS), 200).json["items"]
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    async with api.client.ws_connect("/api/v1/live", headers=headers) as socket:
        await socket.send_json({"type": "subscribe", "topic": "people"})
        assert (await socket.receive_json(timeout=10))["type"] == "subscribed"
        expect(await jiro.ask("DELETE", f"{APPS}/{listed['id']}"), 204)
        async with asyncio.timeout(10):
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert socket.close_code == 4001


async def test_what_ended_long_ago_is_forgotten_and_what_lives_stays(api: Api) -> None:
    from server.modules.accounts import store_apps

    jiro = await signed_in(api, "jiro", "viewer")
    old = await open_app(jiro, "old")
    [family] = expect(await jiro.ask("GET", APPS), 200).json["items"]
    expect(await jiro.ask("DELETE", f"{APPS}/{family['id']}"), 204)
    await _age(api, "family set revoked_at = now() - interval '31 days'")
    living = await open_app(jiro, "living")
    async with api.server.database.transaction() as connection:
        await store_apps.delete_old(connection, 30)
        names = await connection.fetch("select name from accounts.family")
        assert [row["name"] for row in names] == ["living"]
    assert (await refresh(api, old["refresh_token"])).status == 400
    expect(await refresh(api, living["refresh_token"]), 200)


async def test_no_token_is_kept_or_told_anywhere(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    granted = await open_app(await signed_in(api, "jiro", "viewer"))
    next_one = expect(await refresh(api, granted["refresh_token"]), 200).json
    await _age(api, "refresh set used_at = used_at - interval '11 seconds'")
    await refresh(api, granted["refresh_token"])
    async with api.server.database.connection() as connection:
        everything = await connection.fetchval(
            """
            select string_agg(row::text, '') from (
                select to_jsonb(f) as row from accounts.family f union all
                select to_jsonb(r) from accounts.refresh r union all
                select to_jsonb(e) from journal.entry e) as all_rows
            """
        )
    assert "棚卸アプリ" in everything
    for each in (granted, next_one):
        for secret in (each["refresh_token"], each["access_token"]):
            assert secret not in everything
            assert secret not in caplog.text


async def _age(api: Api, change: str) -> None:
    async with api.server.database.transaction() as connection:
        await connection.execute(f"update accounts.{change}")
