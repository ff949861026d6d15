"""What every operation of the API has in common, shown on persons."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.kernel.auth import create_token
from server.kernel.http import write_cursor
from support.api import Api, expect

PEOPLE = "/api/v1/people"
YAMADA = {"code": "1001", "name": "山田 太郎", "reading": "やまだ たろう"}


async def test_without_a_token_nothing_is_told(api: Api) -> None:
    answer = await api.ask("GET", PEOPLE, headers={"Authorization": ""})
    assert answer.status == 401
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["type"] == "/problems/unauthenticated"


async def test_an_expired_token_opens_nothing(api: Api) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    async with api.server.database.connection() as connection:
        token = await create_token(connection, "old", frozenset({"*"}), yesterday)
    answer = await api.ask("GET", PEOPLE, headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 401


async def test_a_token_without_the_permission_is_refused_and_told_which_one(api: Api) -> None:
    async with api.server.database.connection() as connection:
        token = await create_token(connection, "reader", frozenset({"people.read"}), None)
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await api.ask("GET", PEOPLE, headers=bearer)).status == 200
    answer = await api.ask("POST", PEOPLE, json=YAMADA, headers=bearer)
    assert answer.status == 403
    assert "people.write" in answer.json["detail"]


async def test_a_problem_speaks_the_callers_language(api: Api) -> None:
    answer = await api.ask("GET", f"{PEOPLE}/nobody", headers={"Accept-Language": "ja,en;q=0.5"})
    assert answer.json["title"] == "見つかりません"
    assert answer.headers["Content-Language"] == "ja"
    answer = await api.ask("GET", f"{PEOPLE}/nobody")
    assert answer.json["title"] == "Not found"


async def test_a_problem_names_its_request(api: Api) -> None:
    answer = await api.ask("GET", f"{PEOPLE}/nobody")
    assert answer.json["request"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "1"}, "name"),
        ({"code": "", "name": "x"}, "code"),
        ({"code": "1", "name": "x", "status": "asleep"}, "status"),
        ({"code": "1", "name": "x", "colour": "red"}, "colour"),
        ({"code": 5, "name": "x"}, "code"),
    ],
)
async def test_a_wrong_body_is_refused_with_the_field(
    api: Api, body: dict[str, object], field: str
) -> None:
    answer = await api.ask("POST", PEOPLE, json=body)
    assert answer.status == 422
    assert answer.json["field"] == field
    assert answer.json["expected"]


async def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    json = {"Content-Type": "application/json"}
    assert (await api.ask("POST", PEOPLE, data=b"{", headers=json)).status == 400
    assert (await api.ask("POST", PEOPLE, data=b"\xff", headers=json)).status == 400


async def test_a_body_of_another_kind_is_refused(api: Api) -> None:
    text = {"Content-Type": "text/plain"}
    assert (await api.ask("POST", PEOPLE, data=b"{}", headers=text)).status == 415


async def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    json = {"Content-Type": "application/json"}
    answer = await api.ask("POST", PEOPLE, data=b" " * 300_000, headers=json)
    assert answer.status == 413

    async def drops() -> object:
        for _ in range(5):
            yield b" " * 65_536

    answer = await api.ask("POST", PEOPLE, data=drops(), headers=json)
    assert answer.status == 413


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=%21", "colour=red"])
async def test_a_wrong_query_is_refused(api: Api, query: str) -> None:
    assert (await api.ask("GET", f"{PEOPLE}?{query}")).status == 400


async def test_a_query_parameter_given_twice_is_refused(api: Api) -> None:
    assert (await api.ask("GET", f"{PEOPLE}?limit=1&limit=2")).status == 400


async def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    await api.post(PEOPLE, YAMADA)
    await api.post(PEOPLE, {"code": "1002", "name": "鈴木 花子"})
    cursor = (await api.get(f"{PEOPLE}?limit=1"))["next"]
    answer = await api.ask("GET", f"/api/v1/items?cursor={cursor}")
    assert answer.status == 400
    assert answer.json["field"] == "cursor"


async def test_paging_shows_each_row_once(api: Api) -> None:
    for number in range(7):
        await api.post(PEOPLE, {"code": f"{number}", "name": f"人 {number}", "reading": "ひと"})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await api.get(f"{PEOPLE}?limit=3&cursor={cursor}")
        seen += [person["code"] for person in page["items"]]
        cursor = page["next"]
        assert page["total"] == 7
    assert sorted(seen) == [str(number) for number in range(7)]


async def test_a_repeated_post_with_the_same_key_gets_the_first_answer(api: Api) -> None:
    key = {"Idempotency-Key": "k1"}
    first = expect(await api.ask("POST", PEOPLE, json=YAMADA, headers=key), 201)
    again = expect(await api.ask("POST", PEOPLE, json=YAMADA, headers=key), 201)
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (await api.get(PEOPLE))["total"] == 1


async def test_twins_with_the_same_key_at_the_same_time_act_once(api: Api) -> None:
    key = {"Idempotency-Key": "twins"}
    answers = await asyncio.gather(
        *(api.ask("POST", PEOPLE, json=YAMADA, headers=key) for _ in range(6))
    )
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1


async def test_a_key_used_for_something_else_is_refused(api: Api) -> None:
    key = {"Idempotency-Key": "k2"}
    await api.ask("POST", PEOPLE, json=YAMADA, headers=key)
    other = await api.ask("POST", PEOPLE, json=YAMADA | {"code": "9"}, headers=key)
    assert other.status == 422
    assert other.json["type"] == "/problems/key-reused"


async def test_a_refused_post_does_not_use_up_its_key(api: Api) -> None:
    key = {"Idempotency-Key": "k3"}
    assert (await api.ask("POST", PEOPLE, json={}, headers=key)).status == 422
    assert (await api.ask("POST", PEOPLE, json=YAMADA, headers=key)).status == 201


async def test_an_edit_must_say_what_it_was_made_from(api: Api) -> None:
    person = await api.post(PEOPLE, YAMADA)
    path = f"{PEOPLE}/{person['id']}"
    change = {"department": "製造一課"}
    assert (await api.ask("PATCH", path, json=change)).status == 428
    answer = await api.ask("PATCH", path, json=change, headers={"If-Match": "yesterday"})
    assert answer.status == 400
    answer = await api.ask("PATCH", path, json=change, headers={"If-Match": '"1"'})
    assert answer.status == 200
    assert answer.headers["ETag"] == '"2"'
    answer = await api.ask("PATCH", path, json=change, headers={"If-Match": '"1"'})
    assert answer.status == 412
    assert answer.json["type"] == "/problems/precondition-failed"


async def test_an_unchanged_thing_is_not_sent_again(api: Api) -> None:
    person = await api.post(PEOPLE, YAMADA)
    path = f"{PEOPLE}/{person['id']}"
    answer = await api.ask("GET", path, headers={"If-None-Match": '"1"'})
    assert answer.status == 304
    assert answer.body == b""


async def test_a_page_of_another_site_cannot_act(api: Api) -> None:
    foreign = {"Origin": "http://evil.example"}
    answer = await api.ask("POST", PEOPLE, json=YAMADA, headers=foreign)
    assert answer.status == 403
    assert answer.json["type"] == "/problems/foreign-origin"
    own = {"Origin": str(api.client.make_url("")).rstrip("/")}
    assert (await api.ask("POST", PEOPLE, json=YAMADA, headers=own)).status == 201


async def test_an_unknown_path_of_the_api_is_a_problem(api: Api) -> None:
    answer = await api.ask("GET", "/api/v1/nothing")
    assert answer.status == 404
    assert answer.json["type"] == "/problems/not-found"


async def test_a_method_that_a_path_does_not_take_is_a_problem(api: Api) -> None:
    answer = await api.ask("PUT", PEOPLE, json={})
    assert answer.status == 405
    assert "POST" in answer.json["expected"]


async def test_head_answers_like_get_without_the_body(api: Api) -> None:
    answer = await api.ask("HEAD", PEOPLE)
    assert answer.status == 200
    assert answer.body == b""


async def test_a_malformed_id_is_not_found(api: Api) -> None:
    for path in (f"{PEOPLE}/1", "/api/v1/items/1", "/api/v1/devices/agents/1"):
        assert (await api.ask("GET", path)).status == 404, path


async def test_text_that_postgres_cannot_hold_is_refused(api: Api) -> None:
    answer = await api.ask("POST", PEOPLE, json=YAMADA | {"name": "a\u0000b"})
    assert answer.status == 400
    assert (await api.ask("GET", PEOPLE, params={"search": "\u0000"})).status == 400


async def test_a_forged_cursor_is_refused(api: Api) -> None:
    cursor = write_cursor("やまだ", "no uuid")
    assert (await api.ask("GET", f"{PEOPLE}?cursor={cursor}")).status == 400
