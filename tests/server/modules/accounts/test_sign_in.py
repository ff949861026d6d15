"""Signing in over HTTP: the first run, passwords, links, lockout, sessions and their end."""

import asyncio

import pytest

from server.modules.accounts.model import Purpose
from support.api import Api, expect
from support.browser_session import (
    PASSWORD,
    BrowserSession,
    account,
    link_for,
    set_up,
    setup_code,
    signed_in,
)

SESSION = "/api/v1/session"


async def test_whoever_has_the_link_becomes_the_first_admin_once(api: Api) -> None:
    assert (await api.get("/api/v1/welcome"))["set_up"] is False
    code = await setup_code(api)
    admin = await set_up(api, code=code)
    session = expect(await admin.ask("GET", SESSION), 200).json
    assert (session["name"], session["permissions"]) == ("佐藤 花子", ["*"])
    assert session["site"] == {"name": "みなと精機", "zone": "Asia/Tokyo", "language": "ja"}
    assert (await api.get("/api/v1/welcome"))["set_up"] is True
    again = {"code": code, "site": "x", "zone": "UTC", "language": "en", "name": "x", "login": "x"}
    refused = await BrowserSession(api).ask(
        "POST", f"{SESSION}/set-up", json={**again, "password": PASSWORD}
    )
    assert refused.json["type"] == "/problems/link-void"
    assert {"site.changed", "accounts.set_up", "accounts.signed_in"} <= set(await api.kinds())


async def test_of_two_who_hold_the_setup_link_one_becomes_admin(api: Api) -> None:
    code = await setup_code(api)
    both = await asyncio.gather(
        *(set_up(api, login, code=code) for login in ("one", "two")), return_exceptions=True
    )
    assert sum(isinstance(outcome, BrowserSession) for outcome in both) == 1
    accounts = await api.get("/api/v1/accounts")
    assert len(accounts["items"]) == 1


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("password", "password1", "password-refused"),
        ("zone", "Mars/Olympus", "invalid"),
        ("language", "fr", "invalid"),
        ("site", "", "invalid"),
    ],
)
async def test_a_setup_that_is_refused_can_be_mended(
    api: Api, field: str, value: str, problem: str
) -> None:
    code = await setup_code(api)
    with pytest.raises(AssertionError, match=problem):
        await set_up(api, code=code, **{field: value})
    await set_up(api, code=code)


async def test_the_cookie_is_for_this_site_and_no_script(api: Api) -> None:
    await account(api, "taro", "viewer")
    answer = await BrowserSession(api).sign_in("taro")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {p.strip() for p in cookie.split(";")}
    assert "taro" not in cookie


async def test_a_login_is_the_same_in_any_case(api: Api) -> None:
    await account(api, "Taro", "viewer")
    expect(await BrowserSession(api).sign_in("tARO"), 200)


async def test_a_wrong_password_and_a_wrong_name_are_told_alike(api: Api) -> None:
    await account(api, "taro", "viewer")
    wrong = await BrowserSession(api).sign_in("taro", "nothing of the sort")
    unknown = await BrowserSession(api).sign_in("jiro", "nothing of the sort")
    assert wrong.status == unknown.status == 403
    assert {**wrong.json, "request": ""} == {**unknown.json, "request": ""}


async def test_five_failures_lock_and_are_told_in_the_journal(api: Api) -> None:
    await account(api, "taro", "viewer")
    browser = BrowserSession(api)
    for _ in range(4):
        assert (await browser.sign_in("taro", "wrong")).json["type"] == "/problems/sign-in-refused"
    locked = await browser.sign_in("taro", "wrong")
    assert locked.json["type"] == "/problems/locked-out"
    assert int(locked.headers["Retry-After"]) == 15 * 60
    right = await browser.sign_in("taro")
    assert right.json["type"] == "/problems/locked-out"
    kinds = await api.kinds()
    assert kinds.count("accounts.sign_in_refused") == 4
    assert kinds.count("accounts.locked_out") == 1


async def test_attempts_at_once_count_as_many(api: Api) -> None:
    await account(api, "taro", "viewer")
    answers = await asyncio.gather(
        *(BrowserSession(api).sign_in("taro", f"guess {n}") for n in range(20))
    )
    looked_at = [a for a in answers if a.json["type"] == "/problems/sign-in-refused"]
    assert len(looked_at) <= 4


async def test_signing_in_forgets_earlier_failures(api: Api) -> None:
    await account(api, "taro", "viewer")
    browser = BrowserSession(api)
    for _ in range(2):
        for _ in range(4):
            await browser.sign_in("taro", "wrong")
        expect(await browser.sign_in("taro"), 200)


async def test_a_disabled_account_is_out_at_once(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    [found] = (await api.get("/api/v1/accounts?search=taro"))["items"]
    path = f"/api/v1/accounts/{found['id']}"
    headers = {"If-Match": f'"{found["version"]}"'}
    expect(await api.ask("PATCH", path, json={"disabled": True}, headers=headers), 200)
    assert (await browser.ask("GET", SESSION)).status == 401
    assert (await browser.sign_in("taro")).status == 403


async def test_signing_out_ends_the_session_on_the_server(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    kept = browser.cookie
    expect(await browser.ask("DELETE", SESSION), 204)
    browser.cookie = kept
    assert (await browser.ask("GET", SESSION)).status == 401


async def test_signing_in_again_makes_a_new_session_and_ends_the_old(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    old = BrowserSession(api)
    old.cookie = browser.cookie
    expect(await browser.sign_in("taro"), 200)
    assert browser.cookie != old.cookie
    assert (await old.ask("GET", SESSION)).status == 401


async def test_a_session_ends_when_it_is_not_used(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    await _age(api, "seen_at = now() - make_interval(secs => idle_seconds + 1)")
    assert (await browser.ask("GET", SESSION)).status == 401


async def test_a_session_ends_after_its_whole_time_however_used(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    await _age(api, "ends_at = now()")
    assert (await browser.ask("GET", SESSION)).status == 401


async def test_use_keeps_a_session(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    await _age(api, "seen_at = now() - interval '5 minutes'")
    expect(await browser.ask("GET", SESSION), 200)
    async with api.server.database.connection() as connection:
        assert await connection.fetchval(
            "select now() - seen_at < interval '1 minute' from accounts.session"
            " where revoked_at is null"
        )


async def test_own_sessions_are_listed_and_ended(api: Api) -> None:
    here = await signed_in(api, "taro", "viewer")
    there = BrowserSession(api)
    expect(await there.sign_in("taro"), 200)
    sessions = expect(await here.ask("GET", "/api/v1/sessions"), 200).json["items"]
    assert sorted(session["current"] for session in sessions) == [False, True]
    other = next(session["id"] for session in sessions if not session["current"])
    expect(await here.ask("DELETE", f"/api/v1/sessions/{other}"), 204)
    assert (await there.ask("GET", SESSION)).status == 401
    expect(await here.ask("GET", SESSION), 200)


async def test_nobody_ends_the_session_of_somebody_else(api: Api) -> None:
    taro, jiro = await signed_in(api, "taro", "viewer"), await signed_in(api, "jiro", "viewer")
    [his] = expect(await jiro.ask("GET", "/api/v1/sessions"), 200).json["items"]
    assert (await taro.ask("DELETE", f"/api/v1/sessions/{his['id']}")).status == 404
    expect(await jiro.ask("GET", SESSION), 200)


async def test_a_new_password_ends_all_other_sessions(api: Api) -> None:
    here = await signed_in(api, "taro", "viewer")
    there = BrowserSession(api)
    expect(await there.sign_in("taro"), 200)
    body = {"password": "a different long sentence", "current": PASSWORD}
    expect(await here.ask("POST", f"{SESSION}/password", json=body), 204)
    expect(await here.ask("GET", SESSION), 200)
    assert (await there.ask("GET", SESSION)).status == 401
    assert (await there.sign_in("taro")).status == 403
    expect(await there.sign_in("taro", "a different long sentence"), 200)


async def test_a_new_password_wants_the_current_one(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    body = {"password": "a different long sentence"}
    missing = await browser.ask("POST", f"{SESSION}/password", json=body)
    assert (missing.status, missing.json["field"]) == (422, "current")
    for attempt in range(5):  # and guessing it locks, as guessing at sign-in does
        wrong = await browser.ask(
            "POST", f"{SESSION}/password", json=body | {"current": f"wrong {attempt}"}
        )
        assert wrong.json["field"] == "current"
    locked = await browser.ask("POST", f"{SESSION}/password", json=body | {"current": PASSWORD})
    assert locked.json["type"] == "/problems/locked-out"


async def test_a_pin_wants_a_recent_proof(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    await _age(api, "authenticated_at = now() - interval '16 minutes'")
    body = {"pin": "280714"}
    refused = await browser.ask("POST", f"{SESSION}/pin", json=body)
    assert refused.json["type"] == "/problems/confirm-first"
    wrong = await browser.ask("POST", f"{SESSION}/confirm", json={"password": "wrong"})
    assert wrong.status == 403
    expect(await browser.ask("POST", f"{SESSION}/confirm", json={"password": PASSWORD}), 204)
    expect(await browser.ask("POST", f"{SESSION}/pin", json=body), 204)


async def test_a_link_lets_its_owner_choose_a_password_once(api: Api) -> None:
    await account(api, "taro", "viewer")
    code = await link_for(api, "taro", Purpose.PASSWORD)
    browser = BrowserSession(api)
    whose = await browser.ask("POST", f"{SESSION}/whose-link", json={"code": code})
    assert whose.json == {"login": "taro"}
    body = {"code": code, "password": "a different long sentence"}
    weak = await browser.ask(
        "POST", f"{SESSION}/password-link", json={"code": code, "password": "12345678"}
    )
    assert weak.json["expected"] == "password_leaked"
    expect(await browser.ask("POST", f"{SESSION}/password-link", json=body), 200)
    again = await browser.ask("POST", f"{SESSION}/password-link", json=body)
    assert again.json["type"] == "/problems/link-void"


async def test_a_newer_link_voids_the_older_one(api: Api) -> None:
    await account(api, "taro", "viewer")
    old = await link_for(api, "taro", Purpose.SIGNIN)
    new = await link_for(api, "taro", Purpose.SIGNIN)
    browser = BrowserSession(api)
    assert (await browser.ask("POST", f"{SESSION}/link", json={"code": old})).status == 403
    expect(await browser.ask("POST", f"{SESSION}/link", json={"code": new}), 200)


async def test_a_link_is_good_for_its_purpose_only(api: Api) -> None:
    await account(api, "taro", "viewer")
    code = await link_for(api, "taro", Purpose.PASSWORD)
    browser = BrowserSession(api)
    assert (await browser.ask("POST", f"{SESSION}/link", json={"code": code})).status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": ""}, {"Origin": "null"}],
    ids=["another site", "no origin", "a sandboxed page"],
)
async def test_a_forged_request_with_the_cookie_is_refused(
    api: Api, headers: dict[str, str]
) -> None:
    browser = await signed_in(api, "taro", "manager")
    body = {"code": "E1", "name": "x"}
    refused = await browser.ask("POST", "/api/v1/people", json=body, headers=headers)
    assert refused.json["type"] == "/problems/foreign-origin"
    assert "people.person_created" not in await api.kinds()


async def test_no_secret_is_in_the_journal_or_the_database(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    async with api.server.database.connection() as connection:
        everything = await connection.fetchval(
            """
            select string_agg(row::text, '') from (
                select to_jsonb(a) as row from accounts.account a union all
                select to_jsonb(s) from accounts.session s union all
                select to_jsonb(o) from accounts.one_time o union all
                select to_jsonb(e) from journal.entry e) as all_rows
            """
        )
    assert "taro" in everything
    for secret in (PASSWORD, browser.cookie, api.token):
        assert secret not in everything


async def test_a_session_says_when_it_ends(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    session = expect(await browser.ask("GET", SESSION), 200).json
    assert session["idle_seconds"] == 8 * 3600
    assert 0 < session["idle_ends_in"] <= 8 * 3600 < session["ends_in"] <= 7 * 86_400


async def _age(api: Api, change: str) -> None:
    async with api.server.database.transaction() as connection:
        await connection.execute(f"update accounts.session set {change}")
