"""Passkeys over HTTP, with a software authenticator that tells the truth, and lies."""

from typing import Any

import pytest

from support.api import Api, expect
from support.authenticator import USER_PRESENT
from support.browser_session import BrowserSession, set_up, signed_in
from support.phone import PASSKEYS, Phone, a_phone


async def age_proofs(api: Api) -> None:
    """Make it an hour ago that everybody proved who they are."""
    async with api.server.database.transaction() as connection:
        await connection.execute(
            "update accounts.session set authenticated_at = now() - '1h'::interval"
        )


async def test_a_passkey_is_made_and_signs_in(api: Api) -> None:
    phone = await a_phone(api, "jiro", "viewer")
    phone.cookie = ""
    session = expect(await phone.use(), 200).json
    assert session["login"] == "jiro"
    assert expect(await phone.ask("GET", "/api/v1/session"), 200).json["login"] == "jiro"
    [listed] = (await phone.ask("GET", PASSKEYS)).json["items"]
    assert (listed["name"], listed["host"]) == ("仕事の電話", "localhost")
    assert listed["used_at"] is not None
    [own] = (await phone.ask("GET", "/api/v1/sessions")).json["items"][:1]
    assert own["method"] == "passkey"
    assert "accounts.passkey_added" in await api.kinds()


async def test_the_browser_is_asked_for_verification_and_a_discoverable_key(api: Api) -> None:
    phone = await a_phone(api)
    options = (await phone.ask("POST", f"{PASSKEYS}/registration")).json
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert options["rp"]["id"] == "localhost"
    assert [known["type"] for known in options["excludeCredentials"]] == ["public-key"]
    assert (await phone.challenge())["userVerification"] == "required"


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "http://evil.example"},
        {"rp": "evil.example"},
        {"challenge": "AAAA"},
        {"flags": USER_PRESENT},
        {"flags": 0},
        {"type": "webauthn.create"},
        {"user_handle": "AAAA"},
        {"crossOrigin": True},
    ],
    ids=lambda lies: next(iter(lies)) + "-" + str(next(iter(lies.values()))),
)
async def test_a_passkey_that_lies_is_refused(api: Api, lies: dict[str, Any]) -> None:
    phone = await a_phone(api)
    phone.cookie = ""
    refused = await phone.use(**lies)
    assert refused.json["type"] == "/problems/passkey-refused"
    assert phone.cookie == ""
    expect(await phone.use(), 200)


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "http://evil.example"},
        {"rp": "evil.example"},
        {"challenge": "AAAA"},
        {"flags": USER_PRESENT},
        {"type": "webauthn.get"},
    ],
    ids=lambda lies: next(iter(lies)),
)
async def test_a_passkey_made_elsewhere_is_not_kept(api: Api, lies: dict[str, Any]) -> None:
    phone = Phone(api, (await signed_in(api, "jiro")).cookie)
    assert (await phone.make(**lies)).json["type"] == "/problems/passkey-refused"
    assert (await phone.ask("GET", PASSKEYS)).json["items"] == []


async def test_an_answer_works_once(api: Api) -> None:
    phone = await a_phone(api)
    answer = phone.authenticator.sign(await phone.challenge())
    expect(await phone.ask("POST", f"{PASSKEYS}/sign-in", json=answer), 200)
    again = await phone.ask("POST", f"{PASSKEYS}/sign-in", json=answer)
    assert again.json["type"] == "/problems/passkey-refused"


async def test_a_challenge_is_used_up_by_a_refusal_too(api: Api) -> None:
    phone = await a_phone(api)
    options = await phone.challenge()
    for lies in ({"flags": 0}, {}):
        answer = phone.authenticator.sign(options, **lies)
        refused = await phone.ask("POST", f"{PASSKEYS}/sign-in", json=answer)
        assert refused.json["type"] == "/problems/passkey-refused"


async def test_a_challenge_is_good_for_its_own_purpose_only(api: Api) -> None:
    phone = await a_phone(api)
    confirmation = (await phone.ask("POST", f"{PASSKEYS}/confirmation")).json
    answer = phone.authenticator.sign(confirmation)
    refused = await phone.ask("POST", f"{PASSKEYS}/sign-in", json=answer)
    assert refused.json["type"] == "/problems/passkey-refused"


async def test_an_old_challenge_is_worthless_and_forgotten(api: Api) -> None:
    phone = await a_phone(api)
    options = await phone.challenge()
    async with api.server.database.transaction() as connection:
        await connection.execute("update accounts.challenge set expires_at = now()")
    answer = phone.authenticator.sign(options)
    refused = await phone.ask("POST", f"{PASSKEYS}/sign-in", json=answer)
    assert refused.json["type"] == "/problems/passkey-refused"
    [forget] = [
        job
        for module in api.server.parts.modules
        for job in module.jobs
        if job.name == "accounts.forget_challenges"
    ]
    await forget.handler(api.server.database, b"")
    async with api.server.database.connection() as connection:
        assert await connection.fetchval("select count(*) from accounts.challenge") == 0


async def test_a_count_that_goes_back_is_refused_and_told(api: Api) -> None:
    phone = await a_phone(api)
    expect(await phone.use(count=7), 200)
    assert (await phone.use(count=7)).json["type"] == "/problems/passkey-refused"
    assert (await phone.use(count=3)).json["type"] == "/problems/passkey-refused"
    assert (await api.kinds()).count("accounts.passkey_cloned") == 2
    expect(await phone.use(count=8), 200)


async def test_a_low_count_without_the_key_is_no_suspected_copy(api: Api) -> None:
    phone = await a_phone(api)
    expect(await phone.use(count=7), 200)
    answer = phone.authenticator.sign(await phone.challenge(), count=1)
    answer["signature"] = answer["signature"][:-4] + "AAAA"
    await phone.ask("POST", f"{PASSKEYS}/sign-in", json=answer)
    assert "accounts.passkey_cloned" not in await api.kinds()


async def test_a_passkey_that_does_not_count_is_fine(api: Api) -> None:
    phone = await a_phone(api)
    phone.authenticator.counts = False
    for _ in range(2):
        expect(await phone.use(), 200)


async def test_five_failures_lock_the_passkeys_of_the_account(api: Api) -> None:
    phone = await a_phone(api)
    answers = [await phone.use(flags=USER_PRESENT) for _ in range(5)]
    assert answers[-1].json["type"] == "/problems/locked-out"
    assert (await phone.use()).json["type"] == "/problems/locked-out"
    assert "accounts.locked_out" in await api.kinds()
    expect(await BrowserSession(api).sign_in("jiro"), 200)  # the password has a lock of its own


async def test_an_unknown_passkey_is_refused_and_told(api: Api) -> None:
    phone = await a_phone(api)
    expect(await phone.ask("DELETE", f"{PASSKEYS}/{await the_passkey(phone)}"), 204)
    refused = await phone.use()
    assert refused.json["type"] == "/problems/passkey-refused"
    assert {"accounts.passkey_removed", "accounts.sign_in_refused"} <= set(await api.kinds())


async def test_a_disabled_account_is_refused(api: Api) -> None:
    phone = await a_phone(api)
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    headers = {"If-Match": f'"{found["version"]}"'}
    path = f"/api/v1/accounts/{found['id']}"
    expect(await api.ask("PATCH", path, json={"disabled": True}, headers=headers), 200)
    assert (await phone.use()).json["type"] == "/problems/passkey-refused"


async def test_a_passkey_proves_anew_who_is_there(api: Api) -> None:
    phone = await a_phone(api)
    await age_proofs(api)
    refused = await phone.ask("POST", f"{PASSKEYS}/registration")
    assert refused.json["type"] == "/problems/confirm-first"
    options = expect(await phone.ask("POST", f"{PASSKEYS}/confirmation"), 200).json
    assert [known["id"] for known in options["allowCredentials"]] == [await the_passkey(phone)]
    answer = phone.authenticator.sign(options)
    expect(await phone.ask("POST", f"{PASSKEYS}/confirm", json=answer), 204)
    expect(await phone.ask("POST", f"{PASSKEYS}/registration"), 200)


async def test_somebody_elses_passkey_proves_nothing(api: Api) -> None:
    jiro, saburo = await a_phone(api, "jiro"), await a_phone(api, "saburo")
    options = (await jiro.ask("POST", f"{PASSKEYS}/confirmation")).json
    answer = saburo.authenticator.sign(options)
    refused = await jiro.ask("POST", f"{PASSKEYS}/confirm", json=answer)
    assert refused.json["type"] == "/problems/passkey-refused"


async def test_a_passkey_is_renamed_and_removed_by_its_owner_only(api: Api) -> None:
    jiro, saburo = await a_phone(api, "jiro"), await a_phone(api, "saburo")
    one = f"{PASSKEYS}/{await the_passkey(jiro)}"
    version = {"If-Match": '"1"'}
    assert (await saburo.ask("PATCH", one, json={"name": "x"}, headers=version)).status == 404
    assert (await saburo.ask("DELETE", one)).status == 404
    renamed = expect(
        await jiro.ask("PATCH", one, json={"name": "タブレット"}, headers=version), 200
    )
    assert (renamed.json["name"], renamed.json["version"]) == ("タブレット", 2)
    assert (await jiro.ask("PATCH", one, json={"name": "x"}, headers=version)).status == 412
    await age_proofs(api)
    assert (await jiro.ask("DELETE", one)).json["type"] == "/problems/confirm-first"
    assert "accounts.passkey_renamed" in await api.kinds()


async def test_an_admin_forgets_the_passkeys_of_a_lost_phone(api: Api) -> None:
    admin, phone = await set_up(api), await a_phone(api)
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    lost = f"/api/v1/accounts/{found['id']}/second-factor"
    expect(await admin.ask("DELETE", lost), 204)
    assert (await phone.use()).json["type"] == "/problems/passkey-refused"


async def test_a_credential_is_kept_once(api: Api) -> None:
    jiro = await a_phone(api)
    options = (await jiro.ask("POST", f"{PASSKEYS}/registration")).json
    known = jiro.authenticator.credentials[-1].id
    answer = jiro.authenticator.make(options)
    # A second account claims the first one's id: what is signed says another, so it is refused.
    answer["id"] = (await jiro.ask("GET", PASSKEYS)).json["items"][0]["id"]
    assert known != jiro.authenticator.credentials[-1].id
    refused = await jiro.ask("POST", PASSKEYS, json={"name": "x", "credential": answer})
    assert refused.json["type"] == "/problems/passkey-refused"


async def test_an_address_has_no_passkeys(api: Api) -> None:
    admin = await set_up(api)  # came by 127.0.0.1
    assert (await admin.ask("GET", PASSKEYS)).json == {"items": [], "host": ""}
    refused = await admin.ask("POST", f"{PASSKEYS}/registration")
    assert refused.json["type"] == "/problems/passkeys-need-name"
    assert (await admin.ask("POST", f"{PASSKEYS}/challenge")).status == 409


async def test_nonsense_is_refused(api: Api) -> None:
    phone = await a_phone(api)
    for field in ("id", "clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for value in ("A", "AA", "_" * 300, "-"):
            answer = phone.authenticator.sign(await phone.challenge()) | {field: value}
            refused = await phone.ask("POST", f"{PASSKEYS}/sign-in", json=answer)
            problems = ("/problems/passkey-refused", "/problems/locked-out")
            assert refused.json["type"] in problems, (field, value, refused.body)


async def test_a_token_has_no_passkeys(api: Api) -> None:
    assert (await api.ask("GET", PASSKEYS)).status == 403


async def the_passkey(phone: Phone) -> str:
    return str((await phone.ask("GET", PASSKEYS)).json["items"][0]["id"])
