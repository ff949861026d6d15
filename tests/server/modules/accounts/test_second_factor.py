"""Second factors over HTTP: who must have one, apps, recovery codes, and the loss of all."""

import pytest

from server.modules.accounts.model import Purpose
from server.modules.accounts.store_factors import delete_every_totp
from support.api import Answer, Api, expect
from support.authenticator_app import FACTOR, SESSION, execute, kind, send, set_up_app, with_app
from support.browser_session import PASSWORD, BrowserSession, account, link_for, set_up, signed_in
from support.command_line import genba
from support.phone import Phone, a_phone

POLICY = "/api/v1/sign-in-policy"


async def demand(browser: BrowserSession) -> str:
    return str(expect(await browser.ask("GET", SESSION), 200).json["second_factor"])


async def set_policy(browser: BrowserSession, whom: str) -> Answer:
    version = (await browser.ask("GET", POLICY)).json["version"]
    return await browser.ask(
        "PATCH", POLICY, json={"second_factor": whom}, headers={"If-Match": f'"{version}"'}
    )


# --- who must have one


async def test_the_first_admin_begins_with_a_password_and_has_a_week(api: Api) -> None:
    admin = await set_up(api)
    session = expect(await admin.ask("GET", SESSION), 200).json
    assert (session["second_factor"], session["permissions"]) == ("advised", ["*"])
    assert 6.9 < session["second_factor_in"] / 86_400 <= 7


async def test_after_the_week_a_password_opens_nothing_but_the_way_to_a_second_factor(
    api: Api,
) -> None:
    admin = await set_up(api)
    await execute(api, "update accounts.account set second_factor_due = now()")
    for browser in (admin, BrowserSession(api)):  # who is signed in, and who comes anew
        if browser is not admin:
            expect(await browser.sign_in("hanako"), 200)
        session = expect(await browser.ask("GET", SESSION), 200).json
        assert (session["second_factor"], session["permissions"]) == ("due", [])
        for path in ("/api/v1/accounts", "/api/v1/people", "/api/v1/sessions"):
            assert kind(await browser.ask("GET", path)) == "forbidden"
        assert kind(await browser.ask("POST", "/api/v1/session/apps", json={"name": "x"})) in (
            "forbidden",
            "not-found",
        )
    await set_up_app(admin)
    assert await demand(admin) == "none"
    expect(await admin.ask("GET", "/api/v1/accounts"), 200)


async def test_later_sign_ins_do_not_begin_the_week_anew(api: Api) -> None:
    await set_up(api)
    await execute(api, "update accounts.account set second_factor_due = now() + '1h'::interval")
    browser = BrowserSession(api)
    session = expect(await browser.sign_in("hanako"), 200).json
    assert session["second_factor_in"] <= 3600


@pytest.mark.parametrize(
    ("role", "told"), [("admin", "advised"), ("manager", "advised"), ("viewer", "none")]
)
async def test_administrators_are_those_with_a_weighty_permission(
    api: Api, role: str, told: str
) -> None:
    browser = await signed_in(api, "taro", role)
    assert await demand(browser) == told


async def test_a_site_decides_who_must_have_one(api: Api) -> None:
    admin, viewer = await set_up(api), await signed_in(api, "taro", "viewer")
    assert (await admin.ask("GET", POLICY)).json["second_factor"] == "administrators"
    expect(await set_policy(admin, "everybody"), 200)
    assert await demand(viewer) == "advised"
    expect(await set_policy(admin, "nobody"), 200)
    assert (await demand(viewer), await demand(admin)) == ("none", "none")
    assert (await api.kinds()).count("accounts.policy_changed") == 2
    assert (await viewer.ask("GET", POLICY)).status == 403
    await execute(api, "update accounts.session set authenticated_at = now() - '1h'::interval")
    assert kind(await set_policy(admin, "everybody")) == "confirm-first"


async def test_a_policy_that_somebody_else_changed_is_not_overwritten(api: Api) -> None:
    admin = await set_up(api)
    expect(await set_policy(admin, "everybody"), 200)
    stale = await admin.ask(
        "PATCH", POLICY, json={"second_factor": "nobody"}, headers={"If-Match": '"1"'}
    )
    assert stale.status == 412


# --- passkeys as the second factor


async def test_whoever_must_have_two_factors_and_has_a_passkey_signs_in_with_it(api: Api) -> None:
    phone = await a_phone(api, "jiro", "manager")
    refused = await BrowserSession(api).sign_in("jiro")
    assert (kind(refused), refused.json["expected"]) == ("second-factor-wanted", "passkey")
    assert await demand(phone) == "none"
    session = expect(await phone.use(), 200).json
    assert session["second_factor"] == "none"
    codes = expect(await phone.ask("POST", f"{FACTOR}/recovery-codes"), 200).json["codes"]
    refused = await BrowserSession(api).sign_in("jiro")
    assert refused.json["expected"] == "recovery"
    expect(await send(BrowserSession(api), "jiro", codes[0]), 200)


async def test_where_none_must_be_a_passkey_is_a_comfort(api: Api) -> None:
    await a_phone(api, "jiro", "viewer")
    expect(await BrowserSession(api).sign_in("jiro"), 200)


# --- links, and the loss of everything


@pytest.mark.parametrize("kept", ["app", "passkey"])
async def test_a_link_for_a_forgotten_password_goes_round_no_second_factor(
    api: Api, kept: str
) -> None:
    if kept == "app":
        _, app = await with_app(api, "jiro", "manager")
    else:
        await a_phone(api, "jiro", "manager")
    secret = await link_for(api, "jiro", Purpose.PASSWORD)
    body = {"code": secret, "password": "あたらしく長い合言葉 9"}
    path = f"{SESSION}/password-link"
    refused = await BrowserSession(api).ask("POST", path, json=body)
    assert kind(refused) == "second-factor-wanted"
    if kept == "app":
        wrong = await BrowserSession(api).ask("POST", path, json=body | {"second_code": "ABCD"})
        assert kind(wrong) == "code-refused"
        right = body | {"second_code": app.recovery[0]}
        expect(await BrowserSession(api).ask("POST", path, json=right), 200)
        assert kind(await BrowserSession(api).ask("POST", path, json=right)) == "link-void"


async def test_an_admin_takes_a_lost_second_factor_away(api: Api) -> None:
    admin = await set_up(api)
    lost, _ = await with_app(api, "jiro", "manager")
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    assert found["second_factor"] is True
    path = f"/api/v1/accounts/{found['id']}/second-factor"
    assert kind(await lost.ask("DELETE", path)) == "forbidden"
    assert kind(await api.ask("DELETE", path)) == "confirm-first"  # a token proves nobody
    expect(await admin.ask("DELETE", path), 204)
    assert (await lost.ask("GET", SESSION)).status == 401
    session = expect(await BrowserSession(api).sign_in("jiro"), 200).json
    assert session["second_factor"] == "advised"
    kinds = await api.kinds()
    assert {"accounts.second_factor_removed", "accounts.session_revoked"} <= set(kinds)


async def test_a_lesser_admin_leaves_a_greater_ones_second_factor(api: Api) -> None:
    admin, _ = await with_app(api, "jiro", "admin")
    role = {"title": "窓口", "permissions": ["accounts.read", "accounts.write"]}
    clerk = await signed_in(api, "saburo", (await api.post("/api/v1/roles", role))["id"])
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    refused = await clerk.ask("DELETE", f"/api/v1/accounts/{found['id']}/second-factor")
    assert kind(refused) == "beyond-own-rights"
    expect(await admin.ask("GET", SESSION), 200)


async def test_the_command_line_is_the_way_back_of_the_last_admin(
    api: Api, database_url: str
) -> None:
    admin, _ = await with_app(api, "jiro", "admin")
    where = {"GENBA_SERVER__DATABASE__DSN": database_url}
    assert "no account" in (await genba("second-factor-remove", "saburo", **where)).err
    removed = await genba("second-factor-remove", "jiro", **where)
    assert removed.code == 0, removed.err
    assert (await admin.ask("GET", SESSION)).status == 401
    expect(await BrowserSession(api).sign_in("jiro"), 200)
    [entry] = await api.told("accounts.second_factor_removed")
    assert entry["actor"] == "command-line"


async def test_a_sign_in_link_of_the_machine_needs_no_second_factor(api: Api) -> None:
    await with_app(api, "jiro", "admin")
    browser = BrowserSession(api)
    code = await link_for(api, "jiro", Purpose.SIGNIN)
    session = expect(await browser.ask("POST", f"{SESSION}/link", json={"code": code}), 200).json
    assert session["second_factor"] == "none"


async def test_ending_sessions_wants_a_recent_proof(api: Api) -> None:
    browser = await signed_in(api, "taro", "viewer")
    expect(await BrowserSession(api).sign_in("taro"), 200)
    [_, other] = (await browser.ask("GET", "/api/v1/sessions")).json["items"]
    await execute(api, "update accounts.session set authenticated_at = now() - '1h'::interval")
    for path in ("/api/v1/sessions", f"/api/v1/sessions/{other['id']}"):
        assert kind(await browser.ask("DELETE", path)) == "confirm-first"
    expect(await browser.ask("POST", f"{SESSION}/confirm", json={"password": PASSWORD}), 204)
    expect(await browser.ask("DELETE", "/api/v1/sessions"), 204)


async def test_api_tokens_are_not_asked_for_a_second_factor(api: Api) -> None:
    await account(api, "taro", "admin")
    await execute(api, "update accounts.account set second_factor_due = now()")
    expect(await api.ask("GET", "/api/v1/accounts"), 200)
    assert kind(await api.ask("GET", FACTOR)) == "forbidden"


async def test_a_fresh_key_for_secrets_has_apps_set_up_anew(api: Api) -> None:
    await with_app(api, "taro", "manager")
    await api.server.database.run(delete_every_totp)
    session = expect(await BrowserSession(api).sign_in("taro"), 200).json
    assert session["second_factor"] == "advised"
    assert session["second_factor_in"] > 6 * 86_400


async def test_a_second_factor_ends_what_the_password_alone_had_opened(api: Api) -> None:
    owner, thief = await signed_in(api, "taro", "manager"), BrowserSession(api)
    expect(await thief.sign_in("taro"), 200)
    await set_up_app(owner)
    assert (await thief.ask("GET", SESSION)).status == 401
    assert await demand(owner) == "none"


async def test_a_passkey_ends_them_where_a_second_factor_must_be(api: Api) -> None:
    for login, role, status in (("taro", "manager", 401), ("jiro", "viewer", 200)):
        phone = Phone(api, (await signed_in(api, login, role)).cookie)
        other = BrowserSession(api)
        expect(await other.sign_in(login), 200)
        expect(await phone.make(), 201)
        assert (await other.ask("GET", SESSION)).status == status
