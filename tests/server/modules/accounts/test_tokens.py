"""API tokens over HTTP: who may make which, what they open, and their end."""

from typing import Any

import pytest

from support.api import Answer, Api, expect
from support.browser_session import BrowserSession, set_up, signed_in

TOKENS = "/api/v1/tokens"
READER: dict[str, Any] = {"name": "棚卸しスクリプト", "permissions": ["people.read"], "days": 30}


async def make(browser: BrowserSession, **changes: Any) -> Answer:
    return await browser.ask("POST", TOKENS, json={**READER, **changes})


async def ask(api: Api, secret: str, method: str, path: str, **options: Any) -> Answer:
    """Ask with a token of one's own."""
    headers = {"Authorization": f"Bearer {secret}"}
    return await api.ask(method, path, headers=headers, **options)


async def test_a_token_opens_what_it_was_given_and_nothing_else(api: Api) -> None:
    admin = await set_up(api)
    made = expect(await make(admin), 201).json
    assert made["secret"].startswith("genba_")
    expect(await ask(api, made["secret"], "GET", "/api/v1/people"), 200)
    refused = await ask(api, made["secret"], "GET", "/api/v1/accounts")
    assert refused.json["type"] == "/problems/forbidden"


async def test_a_token_is_listed_with_its_use_and_never_shown_again(api: Api) -> None:
    admin = await set_up(api)
    made = expect(await make(admin), 201).json
    assert made["token"]["used_at"] is None
    expect(await ask(api, made["secret"], "GET", "/api/v1/people"), 200)
    answer = await admin.ask("GET", TOKENS)
    listed = next(t for t in answer.json["items"] if t["id"] == made["token"]["id"])
    assert listed["used_at"] is not None
    assert (listed["creator"], listed["state"]) == ("佐藤 花子", "valid")
    assert made["secret"] not in answer.body.decode()


async def test_the_use_is_written_once_an_hour(api: Api) -> None:
    admin = await set_up(api)
    made = expect(await make(admin), 201).json

    async def used_at() -> str:
        items = (await admin.ask("GET", TOKENS)).json["items"]
        return str(next(t for t in items if t["id"] == made["token"]["id"])["used_at"])

    await ask(api, made["secret"], "GET", "/api/v1/people")
    first = await used_at()
    await ask(api, made["secret"], "GET", "/api/v1/people")
    assert await used_at() == first
    async with api.server.database.transaction() as connection:
        await connection.execute("update kernel.token set used_at = used_at - '61min'::interval")
    await ask(api, made["secret"], "GET", "/api/v1/people")
    assert await used_at() > first


async def test_a_revoked_token_opens_nothing_from_now_on(api: Api) -> None:
    admin = await set_up(api)
    made = expect(await make(admin), 201).json
    one = f"{TOKENS}/{made['token']['id']}"
    expect(await admin.ask("DELETE", one), 204)
    assert (await ask(api, made["secret"], "GET", "/api/v1/people")).status == 401
    expect(await admin.ask("DELETE", one), 204)
    kinds = await api.kinds()
    assert (kinds.count("accounts.token_created"), kinds.count("accounts.token_revoked")) == (1, 1)
    states = {t["id"]: t["state"] for t in (await admin.ask("GET", TOKENS)).json["items"]}
    assert states[made["token"]["id"]] == "revoked"


async def test_an_expired_token_opens_nothing(api: Api) -> None:
    admin = await set_up(api)
    made = expect(await make(admin), 201).json
    async with api.server.database.transaction() as connection:
        await connection.execute(
            "update kernel.token set expires_at = now() where name = $1", READER["name"]
        )
    assert (await ask(api, made["secret"], "GET", "/api/v1/people")).status == 401


async def test_the_secret_is_in_no_table_but_as_a_hash(api: Api) -> None:
    admin = await set_up(api)
    headers = {"Idempotency-Key": "once"}
    made = expect(await admin.ask("POST", TOKENS, json=READER, headers=headers), 201).json
    async with api.server.database.connection() as connection:
        bodies = await connection.fetchval("select string_agg(body::text, ' ') from journal.entry")
        kept = await connection.fetchval(
            "select count(*) from kernel.idempotency where key = 'once'"
        )
    assert made["secret"] not in bodies
    assert kept == 0


async def test_nobody_makes_or_revokes_a_token_that_may_do_more_than_they(api: Api) -> None:
    admin = await set_up(api)
    role = {"title": "窓口", "permissions": ["accounts.write", "people.read"]}
    clerk = await signed_in(api, "jiro", (await api.post("/api/v1/roles", role))["id"])
    refused = await make(clerk, permissions=["people.write"])
    assert refused.json["type"] == "/problems/beyond-own-rights"
    expect(await make(clerk), 201)
    greater = expect(await make(admin, name="x", permissions=["devices.write"]), 201).json
    refused = await clerk.ask("DELETE", f"{TOKENS}/{greater['token']['id']}")
    assert refused.json["type"] == "/problems/beyond-own-rights"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"permissions": ["*"]}, "permissions"),
        ({"permissions": ["no.such"]}, "permissions"),
        ({"permissions": []}, "permissions"),
        ({"name": " "}, "name"),
        ({"days": 0}, "days"),
        ({"days": 4000}, "days"),
    ],
)
async def test_a_token_that_makes_no_sense_is_refused(
    api: Api, change: dict[str, Any], field: str
) -> None:
    admin = await set_up(api)
    refused = await make(admin, **change)
    assert (refused.status, refused.json["field"]) == (422, field)


async def test_of_two_valid_tokens_none_have_the_same_name(api: Api) -> None:
    admin = await set_up(api)
    made = expect(await make(admin), 201).json
    assert (await make(admin)).json["field"] == "name"
    expect(await admin.ask("DELETE", f"{TOKENS}/{made['token']['id']}"), 204)
    expect(await make(admin), 201)


async def test_a_token_makes_no_token(api: Api) -> None:
    refused = await api.ask("POST", TOKENS, json=READER)
    assert refused.json["type"] == "/problems/confirm-first"


async def test_making_a_token_wants_a_recent_proof(api: Api) -> None:
    admin = await set_up(api)
    async with api.server.database.transaction() as connection:
        await connection.execute(
            "update accounts.session set authenticated_at = now() - '1h'::interval"
        )
    assert (await make(admin)).json["type"] == "/problems/confirm-first"


async def test_tokens_are_listed_in_pages(api: Api) -> None:
    admin = await set_up(api)
    for number in range(3):
        expect(await make(admin, name=f"token {number}"), 201)
    found, path = [], f"{TOKENS}?limit=2"
    while path:
        page = (await admin.ask("GET", path)).json
        found += [token["name"] for token in page["items"]]
        path = f"{TOKENS}?limit=2&cursor={page['next']}" if page["next"] else ""
    assert found == ["token 2", "token 1", "token 0", "tests"]
