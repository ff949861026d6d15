"""Machines: registering them, their secrets, and the tokens that they get (RFC 6749, 4.4)."""

import asyncio
from typing import Any

import pytest

from support.api import Api, expect
from support.browser_session import signed_in
from support.oauth import TOKEN, ask_token, basic, client_token, make_client, with_bearer

CLIENTS = "/api/v1/clients"


async def test_a_machine_gets_a_token_and_does_what_its_roles_allow(api: Api) -> None:
    made = await make_client(api, "viewer")
    answer = await ask_token(
        api,
        grant_type="client_credentials",
        client_id=made["client"]["id"],
        client_secret=made["secret"],
    )
    granted = expect(answer, 200).json
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 900)
    assert "refresh_token" not in granted  # RFC 6749, 4.4.3
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    expect(await with_bearer(api, granted["access_token"]), 200)
    assert (await with_bearer(api, granted["access_token"], CLIENTS)).status == 403


async def test_the_secret_may_come_by_http_basic(api: Api) -> None:
    made = await make_client(api, "viewer")
    expect(await ask_token(api, basic(made), grant_type="client_credentials"), 200)


async def test_what_a_machine_does_bears_its_name_in_the_journal(api: Api) -> None:
    made = await make_client(api, "manager", name="受入ロボット AGV-2")
    assert made["client"]["id"].startswith("agv-2-")
    headers = {"Authorization": f"Bearer {await client_token(api, made)}"}
    body = {"code": "E1", "name": "x"}
    expect(await api.ask("POST", "/api/v1/people", json=body, headers=headers), 201)
    assert await _actors(api, "people.person_created") == [f"client:{made['client']['id']}"]


@pytest.mark.parametrize(
    ("form", "error", "status"),
    [
        ({}, "invalid_request", 400),
        ({"grant_type": ""}, "invalid_request", 400),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"grant_type": "client_credentials"}, "invalid_client", 401),
        ({"grant_type": "client_credentials", "client_id": "x"}, "invalid_client", 401),
        ({"grant_type": "client_credentials", "scope": "all"}, "invalid_scope", 400),
        ({"grant_type": "refresh_token"}, "invalid_request", 400),
        ({"grant_type": "refresh_token", "refresh_token": "genba_x"}, "invalid_grant", 400),
        (
            {"grant_type": "client_credentials", "client_id": "\0", "client_secret": "x"},
            "invalid_request",
            400,
        ),
    ],
)
async def test_refusals_are_said_as_rfc_6749_has_them(
    api: Api, form: dict[str, str], error: str, status: int
) -> None:
    answer = await ask_token(api, **form)
    assert (answer.status, answer.json["error"]) == (status, error)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"grant_type=client_credentials&grant_type=refresh_token", None),
        (b"grant_type=%ff", None),
        (b"\xff", None),
        (b"&".join(b"a%d=1" % n for n in range(100)), None),
        (b"x" * 9000, None),
        (b'{"grant_type":"client_credentials"}', "application/json"),
        (b"grant_type=client_credentials", "text/plain"),
    ],
    ids=["a field twice", "no text", "no ASCII", "too many", "too long", "JSON", "plain text"],
)
async def test_what_is_no_form_is_an_invalid_request(
    api: Api, body: bytes, media: str | None
) -> None:
    headers = {"Content-Type": media or "application/x-www-form-urlencoded"}
    async with api.client.post(TOKEN, data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("value", ["Basic", "Basic !!", "Basic /w==", "Basic eA=="])
async def test_a_basic_header_that_cannot_be_read_is_an_invalid_client(
    api: Api, value: str
) -> None:
    headers = {"Authorization": value}
    answer = await ask_token(api, headers, grant_type="client_credentials")
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


async def test_a_secret_that_comes_twice_is_refused(api: Api) -> None:
    made = await make_client(api, "viewer")
    secret = made["secret"]
    answer = await ask_token(
        api, basic(made), grant_type="client_credentials", client_secret=secret
    )
    assert answer.json["error"] == "invalid_request"


async def test_a_wrong_secret_and_an_unknown_client_are_told_alike_and_journaled(api: Api) -> None:
    made = await make_client(api, "viewer")
    answers = [
        await ask_token(
            api, grant_type="client_credentials", client_id=client, client_secret="genba_wrong"
        )
        for client in (made["client"]["id"], "robot-none")
    ]
    assert [answer.status for answer in answers] == [401, 401]
    assert answers[0].body == answers[1].body
    assert (await api.kinds()).count("accounts.client_refused") == 2


async def test_another_secret_ends_the_old_one_and_its_tokens_at_once(api: Api) -> None:
    made = await make_client(api, "viewer")
    token = await client_token(api, made)
    expect(await with_bearer(api, token), 200)
    fresh = await api.post(f"{CLIENTS}/{made['client']['id']}/secret", {}, 200)
    assert (await with_bearer(api, token)).status == 401
    with pytest.raises(AssertionError, match="invalid_client"):
        await client_token(api, made)
    expect(await with_bearer(api, await client_token(api, fresh)), 200)


async def test_a_disabled_client_is_out_at_once_and_back_when_enabled(api: Api) -> None:
    made = await make_client(api, "viewer")
    token = await client_token(api, made)
    disabled = await _change(api, made["client"], disabled=True)
    assert (await with_bearer(api, token)).status == 401
    with pytest.raises(AssertionError, match="invalid_client"):
        await client_token(api, made)
    await _change(api, disabled, disabled=False)
    expect(await with_bearer(api, token), 200)


async def test_roles_taken_from_a_client_are_gone_for_tokens_that_are_out(api: Api) -> None:
    made = await make_client(api, "viewer")
    token = await client_token(api, made)
    changed = await _change(api, made["client"], roles=[], name="Robot 8")
    assert (changed["roles"], changed["name"]) == ([], "Robot 8")
    assert (await with_bearer(api, token)).status == 403


async def test_an_edit_from_an_older_version_is_refused(api: Api) -> None:
    made = await make_client(api)
    headers = {"If-Match": '"9"'}
    path = f"{CLIENTS}/{made['client']['id']}"
    assert (await api.ask("PATCH", path, json={}, headers=headers)).status == 412


async def test_nobody_makes_or_takes_over_a_client_that_may_do_more(api: Api) -> None:
    manager = (await api.get("/api/v1/roles"))["items"][1]
    permissions = [*manager["permissions"], "accounts.read", "accounts.write"]
    headers = {"If-Match": f'"{manager["version"]}"'}
    change = {"permissions": permissions}
    expect(await api.ask("PATCH", "/api/v1/roles/manager", json=change, headers=headers), 200)
    jiro = await signed_in(api, "jiro", "manager")
    evil = {"name": "x", "roles": ["admin"]}
    refused = await jiro.ask("POST", CLIENTS, json=evil)
    assert refused.json["type"] == "/problems/beyond-own-rights"
    greater = (await make_client(api, "admin"))["client"]
    taken = await jiro.ask("POST", f"{CLIENTS}/{greater['id']}/secret")
    assert taken.json["type"] == "/problems/beyond-own-rights"
    headers = {"If-Match": f'"{greater["version"]}"'}
    path = f"{CLIENTS}/{greater['id']}"
    changed = await jiro.ask("PATCH", path, json={"name": "x"}, headers=headers)
    assert changed.json["type"] == "/problems/beyond-own-rights"
    expect(await jiro.ask("POST", CLIENTS, json={"name": "x", "roles": ["viewer"]}), 201)


async def test_an_unknown_role_is_named(api: Api) -> None:
    refused = await api.ask("POST", CLIENTS, json={"name": "x", "roles": ["none"]})
    assert (refused.status, refused.json["field"]) == (422, "roles")


async def test_a_role_that_a_client_has_stays(api: Api) -> None:
    role = await api.post("/api/v1/roles", {"title": "搬送", "permissions": []})
    made = await make_client(api, role["id"])
    assert (await api.ask("DELETE", f"/api/v1/roles/{role['id']}")).status == 409
    await _change(api, made["client"], roles=[])
    expect(await api.ask("DELETE", f"/api/v1/roles/{role['id']}"), 204)


async def test_clients_are_listed_in_pages(api: Api) -> None:
    made = [await make_client(api, name=f"Robot {n}") for n in range(3)]
    first = await api.get(f"{CLIENTS}?limit=2")
    rest = await api.get(f"{CLIENTS}?limit=2&cursor={first['next']}")
    listed = [client["id"] for client in (*first["items"], *rest["items"])]
    assert (listed, rest["next"]) == (sorted(one["client"]["id"] for one in made), None)


async def test_a_client_signs_in_once_in_the_journal_while_it_stays_where_it_is(api: Api) -> None:
    made = await make_client(api, "viewer")
    await asyncio.gather(*(client_token(api, made) for _ in range(5)))
    assert (await api.kinds()).count("accounts.client_signed_in") == 1
    [listed] = (await api.get(CLIENTS))["items"]
    assert (listed["address"], listed["used_at"] is not None) == ("127.0.0.1", True)


async def test_no_secret_of_a_client_is_kept_or_told_anywhere(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    headers = {"Idempotency-Key": "once"}
    body = {"name": "Robot 7", "roles": ["viewer"]}
    made = expect(await api.ask("POST", CLIENTS, json=body, headers=headers), 201).json
    token = await client_token(api, made)
    wrong = "genba_wrong-secret"
    await ask_token(
        api, grant_type="client_credentials", client_id=made["client"]["id"], client_secret=wrong
    )
    in_the_wrong_field = {"client_id": made["secret"], "client_secret": made["secret"]}
    await ask_token(api, grant_type="client_credentials", **in_the_wrong_field)
    await with_bearer(api, token)
    async with api.server.database.connection() as connection:
        everything = await connection.fetchval(
            """
            select string_agg(row::text, '') from (
                select to_jsonb(c) as row from accounts.client c union all
                select to_jsonb(e) from journal.entry e union all
                select to_jsonb(i) - 'answer' || jsonb_build_object('a', encode(answer, 'escape'))
                  from kernel.idempotency i) as all_rows
            """
        )
    assert made["client"]["id"] in everything
    for secret in (made["secret"], token, wrong):
        assert secret not in everything
        assert secret not in caplog.text


async def _change(api: Api, client: Any, **change: Any) -> Any:
    headers = {"If-Match": f'"{client["version"]}"'}
    path = f"{CLIENTS}/{client['id']}"
    return expect(await api.ask("PATCH", path, json=change, headers=headers), 200).json


async def _actors(api: Api, kind: str) -> list[str]:
    async with api.server.database.connection() as connection:
        rows = await connection.fetch("select actor from journal.entry where kind = $1", kind)
    return [row["actor"] for row in rows]
