"""Codes of authenticator apps and recovery codes, over HTTP."""

import asyncio

import pytest

from support.api import Api, expect
from support.authenticator_app import FACTOR, SESSION, enter, execute, kind, send, with_app
from support.browser_session import PASSWORD, BrowserSession, signed_in


async def test_with_an_app_a_password_wants_its_code(api: Api) -> None:
    _, app = await with_app(api, "taro", "manager")
    browser = BrowserSession(api)
    asked = await browser.sign_in("taro")
    assert (kind(asked), asked.json["expected"], browser.cookie) == (
        "second-factor-wanted",
        "totp",
        "",
    )
    session = expect(await enter(browser, "taro", app), 200).json
    assert (session["second_factor"], session["login"]) == ("none", "taro")
    [own, _] = (await browser.ask("GET", "/api/v1/sessions")).json["items"]
    assert own["method"] == "totp"


async def test_an_app_is_not_in_use_before_it_showed_a_code(api: Api) -> None:
    browser = await signed_in(api, "taro", "manager")
    draft = expect(await browser.ask("POST", f"{FACTOR}/totp"), 200).json
    assert draft["uri"].startswith("otpauth://totp/")
    assert draft["qr_size"] >= 21 + 8 and draft["qr_path"].startswith("M4 4h7v1h-7z")
    wrong = await browser.ask("POST", f"{FACTOR}/totp/confirm", json={"code": "000000"})
    assert kind(wrong) == "code-refused"
    expect(await BrowserSession(api).sign_in("taro"), 200)


async def test_a_code_works_once(api: Api) -> None:
    _, app = await with_app(api, "taro")
    first = BrowserSession(api)
    expect(await enter(first, "taro", app), 200)
    used = app.code
    again = await send(BrowserSession(api), "taro", used)
    assert kind(again) == "code-stale"


async def test_of_two_with_the_same_code_one_gets_in(api: Api) -> None:
    _, app = await with_app(api, "taro")
    code = await app.next()
    answers = await asyncio.gather(*(send(BrowserSession(api), "taro", code) for _ in range(2)))
    assert [answer.status for answer in answers].count(200) <= 1


@pytest.mark.parametrize("seconds", [-30, 30, -60, 3600])
async def test_a_code_is_good_in_its_own_30_seconds_only(api: Api, seconds: int) -> None:
    _, app = await with_app(api, "taro")
    await app.next()
    refused = await send(BrowserSession(api), "taro", app.at(seconds))
    assert kind(refused) in ("code-stale", "code-refused")


async def test_wrong_codes_lock_as_wrong_passwords_do(api: Api) -> None:
    _, app = await with_app(api, "taro")
    browser = BrowserSession(api)
    for _ in range(4):
        assert kind(await send(browser, "taro", "ABCD")) == "code-refused"
        assert kind(await browser.sign_in("taro")) == "second-factor-wanted"
    assert kind(await send(browser, "taro", "ABCD")) == "locked-out"
    assert kind(await send(browser, "taro", await app.next())) == "locked-out"
    assert "accounts.locked_out" in await api.kinds()


async def test_full_width_digits_and_spaces_are_read(api: Api) -> None:
    _, app = await with_app(api, "taro")
    wide = str.maketrans("0123456789", "0123456789")
    for _ in range(2):
        code = await app.next()
        answer = await send(BrowserSession(api), "taro", f" {code[:3]} {code[3:]} ".translate(wide))
        if answer.status == 200:
            return
    raise AssertionError(answer.body)


async def test_the_secret_lies_sealed_in_the_database(api: Api) -> None:
    browser = await signed_in(api, "taro")
    secret = expect(await browser.ask("POST", f"{FACTOR}/totp"), 200).json["secret"]
    async with api.server.database.connection() as connection:
        [row] = await connection.fetch("select sealed from accounts.totp")
    assert secret.encode() not in row["sealed"]


async def test_a_sealed_secret_of_another_account_opens_nothing(api: Api) -> None:
    _, app = await with_app(api, "taro")
    await with_app(api, "jiro")
    await execute(
        api,
        "update accounts.totp set last_step = 0, sealed ="
        " (select t.sealed from accounts.totp t join accounts.account a on a.id = t.account"
        " where a.login = 'taro')",
    )
    assert kind(await send(BrowserSession(api), "jiro", app.code)) == "code-refused"


async def test_setting_up_and_removing_want_a_recent_proof(api: Api) -> None:
    browser, app = await with_app(api, "taro", "viewer")
    await execute(api, "update accounts.session set authenticated_at = now() - '1h'::interval")
    for method, path in (("POST", "totp"), ("DELETE", "totp"), ("POST", "recovery-codes")):
        assert kind(await browser.ask(method, f"{FACTOR}/{path}")) == "confirm-first"
    confirm = f"{SESSION}/confirm"
    alone = await browser.ask("POST", confirm, json={"password": PASSWORD})
    assert (kind(alone), alone.json["expected"]) == ("second-factor-wanted", "totp")
    body = {"password": PASSWORD, "code": app.recovery[0]}
    expect(await browser.ask("POST", confirm, json=body), 204)
    assert kind(await browser.ask("POST", f"{FACTOR}/totp")) == "already-there"
    expect(await browser.ask("DELETE", f"{FACTOR}/totp"), 204)
    expect(await BrowserSession(api).sign_in("taro"), 200)
    assert "accounts.second_factor_removed" in await api.kinds()


async def test_a_new_password_wants_the_second_factor_too(api: Api) -> None:
    browser, _ = await with_app(api, "taro")
    await execute(api, "update accounts.session set authenticated_at = now() - '1h'::interval")
    body = {"password": "あたらしく長い合言葉 9", "current": PASSWORD}
    refused = await browser.ask("POST", f"{SESSION}/password", json=body)
    assert kind(refused) == "confirm-first"


# --- recovery codes


async def test_a_recovery_code_signs_in_once(api: Api) -> None:
    _, app = await with_app(api, "taro", "manager")
    assert len(set(app.recovery)) == 10
    plain = app.recovery[3].replace("-", "").lower()
    expect(await send(BrowserSession(api), "taro", plain), 200)
    assert kind(await send(BrowserSession(api), "taro", plain)) == "code-refused"


async def test_new_recovery_codes_void_the_old(api: Api) -> None:
    browser, app = await with_app(api, "taro")
    fresh = expect(await browser.ask("POST", f"{FACTOR}/recovery-codes"), 200).json["codes"]
    assert not set(fresh) & set(app.recovery)
    assert kind(await send(BrowserSession(api), "taro", app.recovery[0])) == "code-refused"
    expect(await send(BrowserSession(api), "taro", fresh[0]), 200)
    state = expect(await browser.ask("GET", FACTOR), 200).json
    assert (state["recovery_codes"], state["totp"]) == (9, True)


async def test_somebody_elses_recovery_code_opens_nothing(api: Api) -> None:
    _, taro = await with_app(api, "taro")
    await with_app(api, "jiro")
    assert kind(await send(BrowserSession(api), "jiro", taro.recovery[0])) == "code-refused"
