"""The server as a whole, in this process."""

import base64

import pytest
from aiohttp import WSMsgType

from server.kernel.migrations import migrate
from server.serving import NotMigrated, open_app
from server.settings import Settings
from server.shipped import migration_sources, read_shipped
from support.api import Api


async def test_an_unmigrated_database_is_refused_with_what_to_do(empty_database_url: str) -> None:
    with pytest.raises(NotMigrated, match="genba-server migrate"):
        async with open_app(Settings(), empty_database_url, read_shipped()):
            pass


async def test_migrating_twice_changes_nothing_the_second_time(empty_database_url: str) -> None:
    first = await migrate(empty_database_url, migration_sources())
    assert first.applied
    assert not (await migrate(empty_database_url, migration_sources())).applied


async def test_the_index_page_is_never_stored_and_never_stands_in_for_a_missing_file(
    api: Api,
) -> None:
    async with api.client.get("/") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert answer.headers["Cache-Control"] == "no-store"
    for path in ("/web/missing.js", "/nothing", "/web/../settings.py", "/modules/people/api.py"):
        async with api.client.get(path) as answer:
            assert answer.status == 404, path
            assert answer.content_type == "text/plain"


async def test_every_answer_has_the_security_headers(api: Api) -> None:
    for path in ("/", "/api/v1/people", "/nothing", "/api/v1/nothing", "/web/boot.js"):
        async with api.client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "require-trusted-types-for 'script'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_web_files_are_asked_for_again_by_their_etag(api: Api) -> None:
    async with api.client.get("/web/boot.js") as answer:
        etag = answer.headers["ETag"]
        assert answer.content_type == "text/javascript"
    async with api.client.get("/web/boot.js", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


async def test_pages_of_modules_and_the_kit_are_served(api: Api) -> None:
    for path in ("/kit/kit.js", "/vendor/preact.js", "/modules/people/people.js", "/api/docs"):
        async with api.client.get(path) as answer:
            assert answer.status == 200, path


async def test_the_catalogue_of_each_language_is_whole(api: Api) -> None:
    for language, word in (("ja", "見つかりません"), ("en", "Not found")):
        async with api.client.get(f"/locales/{language}.ftl") as answer:
            text = await answer.text()
            assert word in text
            assert "permission-people-read" in text


@pytest.mark.parametrize("token", ["wrong", "a b", "x;y", "genba_"])
async def test_a_wrong_token_is_nobody(api: Api, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await api.ask("GET", "/api/v1/session", headers=bearer)).status == 401


async def test_secrets_are_never_stored_for_repeats(api: Api) -> None:
    key = {"Idempotency-Key": "secret"}
    await api.ask("POST", "/api/v1/session/link", json={"code": "no such link"}, headers=key)
    draft = {"name": "工具室"}
    token = await api.ask("POST", "/api/v1/devices/enrolments", json=draft, headers=key)
    asked = {"token": token.json["token"], "agent_key": base64.b64encode(bytes(32)).decode()}
    enrolled = await api.ask("POST", "/api/v1/devices/enrol", json=asked, headers=key)
    assert enrolled.status == 200
    async with api.server.database.connection() as connection:
        assert await connection.fetchval("select count(*) from kernel.idempotency") == 0


async def test_a_live_page_hears_what_another_page_does(api: Api) -> None:
    bearer = {"Authorization": f"Bearer {api.token}"}
    async with api.client.ws_connect("/api/v1/live", headers=bearer) as socket:
        await socket.send_json({"type": "subscribe", "topic": "people"})
        assert (await socket.receive_json(timeout=10))["type"] == "subscribed"
        person = await api.post("/api/v1/people", {"code": "1", "name": "山田"})
        news = await socket.receive_json(timeout=10)
        assert news["kind"] == "people.person_created"
        assert news["subject"] == person["id"]
        assert news["actor"] == "token:tests"


async def test_live_news_need_a_token_and_an_own_page(api: Api) -> None:
    async with api.client.get("/api/v1/live") as answer:
        assert answer.status == 401
    foreign = {"Authorization": f"Bearer {api.token}", "Origin": "http://evil.example"}
    async with api.client.get("/api/v1/live", headers=foreign) as answer:
        assert answer.status == 403


async def test_goodbye_is_said_before_the_server_goes(api: Api) -> None:
    bearer = {"Authorization": f"Bearer {api.token}"}
    async with api.client.ws_connect("/api/v1/live", headers=bearer) as socket:
        await socket.send_json({"type": "ping"})
        await socket.receive_json(timeout=10)
        await api.server.say_goodbye()
        assert (await socket.receive_json(timeout=10))["type"] == "goodbye"
        closing = await socket.receive(timeout=10)
        assert closing.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        assert socket.close_code is not None


async def test_an_admins_token_opens_no_link(api: Api) -> None:
    bearer = {"Authorization": f"Bearer {api.token}"}
    hello = {"type": "hello", "protocol": 2, "version": "x", "queue_epoch": "x", "boot": "x"}
    nonce = base64.b64encode(bytes(32)).decode()
    async with api.client.ws_connect("/link", headers=bearer) as socket:
        assert (await socket.receive_json())["type"] == "challenge"
        await socket.send_json(hello | {"mono_us": 1, "wall_us": 1, "nonce": nonce})
        assert (await socket.receive_json())["code"] == "unauthorized"
        await socket.receive()
        assert socket.close_code == 4001


async def test_an_unexpected_error_tells_nothing_but_its_number(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("server.modules.people.store.list_persons", broken)
    answer = await api.ask("GET", "/api/v1/people")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert answer.json["request"] in answer.json["detail"]
    [record] = [r for r in caplog.records if r.message == "unexpected error"]
    assert record.__dict__["request"] == answer.json["request"]
