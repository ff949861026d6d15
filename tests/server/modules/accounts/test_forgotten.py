"""A forgotten password: what is told, what is sent by a real relay, and what the link does."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.kernel.mail import Mailer, MailFailed, Tls
from server.kernel.mail import Relay as MailRelay
from server.mail_settings import MailSettings
from server.settings import Settings, SiteSettings
from support.api import Answer, Api, expect, open_api
from support.browser_session import BrowserSession, account
from support.smtp_server import PASSWORD, USER, Relay, Taken, a_relay

FORGOTTEN = "/api/v1/session/forgotten"
URL = "https://genba.example.jp"
NEW = "みなとの夜景はきれいだ"


def settings_for(relay: Relay, url: str = URL) -> Settings:
    mail = MailSettings(
        host="localhost",
        port=relay.port,
        user=USER,
        password=PASSWORD,
        sender="genba@example.jp",
        ca_file=str(relay.certificate),
    )
    return Settings(site=SiteSettings(name="みなと精機", url=url), mail=mail)


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Relay]:
    async with a_relay(tmp_path) as relay:
        yield relay


@pytest.fixture
async def mailing(database_url: str, relay: Relay) -> AsyncIterator[Api]:
    """A server that sends mail, with the account taro at taro@example.jp."""
    async with open_api(database_url, settings_for(relay)) as api:
        await with_address(api, "taro", "Taro@example.jp")
        yield api


async def with_address(api: Api, login: str, email: str) -> None:
    id = await account(api, login, "viewer")
    found = await api.get(f"/api/v1/accounts/{id}")
    headers = {"If-Match": f'"{found["version"]}"'}
    change = {"email": email}
    expect(await api.ask("PATCH", f"/api/v1/accounts/{id}", json=change, headers=headers), 200)


async def forget(api: Api, who: str, **headers: str) -> Answer:
    return await BrowserSession(api).ask("POST", FORGOTTEN, json={"who": who}, headers=headers)


async def next_mail(relay: Relay) -> Taken:
    async with asyncio.timeout(20):
        return await relay.mails.get()


def link_in(mail: Taken) -> str:
    [link] = re.findall(r"https?://\S+", mail.message.get_content())
    return str(link)


async def jobs_done(api: Api) -> None:
    """Wait until no job waits or runs."""
    async with asyncio.timeout(20), api.server.database.connection() as connection:
        while await connection.fetchval(
            "select count(*) from jobs.queue where entrypoint = 'accounts.send_password_link'"
        ):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("who", ["taro", "TARO", "taro@example.jp"])
async def test_the_link_arrives_encrypted_and_lets_choose_a_password(
    mailing: Api, relay: Relay, who: str
) -> None:
    expect(await forget(mailing, who), 204)
    mail = await next_mail(relay)
    assert (mail.recipients, mail.encrypted, mail.user) == (["Taro@example.jp"], True, USER)
    assert mail.message["From"] == "genba@example.jp"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert link_in(mail).startswith(f"{URL}/#password=genba_")
    body = {"code": link_in(mail).partition("=")[2], "password": NEW}
    expect(
        await BrowserSession(mailing).ask("POST", "/api/v1/session/password-link", json=body), 200
    )
    expect(await BrowserSession(mailing).sign_in("taro", NEW), 200)
    kinds = await mailing.kinds()
    assert {"accounts.reset_asked", "accounts.password_changed"} <= set(kinds)


@pytest.mark.parametrize(
    ("language", "word"), [("ja", "パスワードを決め直す"), ("en", "new password")]
)
async def test_the_mail_speaks_the_language_of_who_asked(
    mailing: Api, relay: Relay, language: str, word: str
) -> None:
    expect(await forget(mailing, "taro", **{"Accept-Language": language}), 204)
    mail = await next_mail(relay)
    assert word in mail.message["Subject"]
    assert "みなと精機" in mail.message["Subject"]


async def test_the_host_header_is_in_no_mail(mailing: Api, relay: Relay) -> None:
    evil = {"Host": "evil.example", "Origin": "http://evil.example"}
    expect(await forget(mailing, "taro", **evil), 204)
    assert link_in(await next_mail(relay)).startswith(URL)


async def test_whether_there_is_an_account_is_not_told(mailing: Api, relay: Relay) -> None:
    await account(mailing, "jiro", "viewer")  # without an address
    answers = [await forget(mailing, who) for who in ("taro", "jiro", "nobody", "x@example.jp")]
    told = {(a.status, a.body, *sorted(set(a.headers) - {"Date", "X-Request-Id"})) for a in answers}
    assert len(told) == 1
    assert (await next_mail(relay)).recipients == ["Taro@example.jp"]
    await jobs_done(mailing)
    assert relay.mails.empty()


async def test_a_disabled_account_gets_nothing(mailing: Api, relay: Relay) -> None:
    [taro] = (await mailing.get("/api/v1/accounts?search=taro"))["items"]
    headers = {"If-Match": f'"{taro["version"]}"'}
    path = f"/api/v1/accounts/{taro['id']}"
    expect(await mailing.ask("PATCH", path, json={"disabled": True}, headers=headers), 200)
    expect(await forget(mailing, "taro"), 204)
    await jobs_done(mailing)
    assert relay.mails.empty()


async def test_three_an_hour_are_enough(mailing: Api, relay: Relay) -> None:
    for number in range(5):
        expect(await forget(mailing, "taro" if number % 2 else "taro@example.jp"), 204)
        await jobs_done(mailing)
    assert relay.mails.qsize() == 3
    async with mailing.server.database.transaction() as connection:
        await connection.execute("update accounts.mailed_link set at = at - '1h'::interval")
    expect(await forget(mailing, "taro"), 204)
    await jobs_done(mailing)
    assert relay.mails.qsize() == 4


async def test_an_admins_link_survives_and_a_new_password_ends_all_links(
    mailing: Api, relay: Relay
) -> None:
    [taro] = (await mailing.get("/api/v1/accounts?search=taro"))["items"]
    made = await mailing.post(f"/api/v1/accounts/{taro['id']}/password-link", {}, 200)
    admins = made["path"].partition("=")[2]
    expect(await forget(mailing, "taro"), 204)
    mailed = link_in(await next_mail(relay)).partition("=")[2]
    browser = BrowserSession(mailing)
    expect(await browser.ask("POST", "/api/v1/session/whose-link", json={"code": admins}), 200)
    body = {"code": mailed, "password": NEW}
    expect(await browser.ask("POST", "/api/v1/session/password-link", json=body), 200)
    refused = await browser.ask("POST", "/api/v1/session/whose-link", json={"code": admins})
    assert refused.json["type"] == "/problems/link-void"


async def test_the_link_ends_after_an_hour(mailing: Api, relay: Relay) -> None:
    expect(await forget(mailing, "taro"), 204)
    await next_mail(relay)
    async with mailing.server.database.connection() as connection:
        lasts = await connection.fetchval(
            "select max(expires_at - created_at) from accounts.one_time where used_at is null"
        )
    assert lasts.total_seconds() == 3600


async def test_the_secret_waits_in_no_queue_and_no_journal(mailing: Api, relay: Relay) -> None:
    relay.refusing = True
    expect(await forget(mailing, "taro"), 204)
    async with asyncio.timeout(20):
        await relay.refused.wait()
    async with mailing.server.database.connection() as connection:
        payload = await connection.fetchval(
            "select payload from jobs.queue where payload is not null"
        )
        bodies = await connection.fetchval("select string_agg(body::text, ' ') from journal.entry")
    assert msgspec.json.decode(payload) == {"who": "taro", "language": "en"}
    assert "genba_" not in bodies
    relay.refusing = False  # it is tried again, with a fresh link, and counted once
    await next_mail(relay)
    async with mailing.server.database.connection() as connection:
        assert await connection.fetchval("select count(*) from accounts.mailed_link") == 1


async def test_without_mail_the_page_says_so_and_the_route_refuses(api: Api) -> None:
    assert (await api.get("/api/v1/welcome"))["reset_by_mail"] is False
    assert (await forget(api, "taro")).json["type"] == "/problems/mail-off"


async def test_without_the_sites_url_there_are_no_links_and_a_check_says_why(
    database_url: str, relay: Relay
) -> None:
    async with open_api(database_url, settings_for(relay, url="")) as api:
        assert (await api.get("/api/v1/welcome"))["reset_by_mail"] is False
        assert (await forget(api, "taro")).json["type"] == "/problems/mail-off"
        checks = (await api.get("/api/system/health"))["checks"]
        [mail] = [check for check in checks if check["id"] == "mail"]
        assert mail["status"] == "warning"
        assert "site.url" in mail["detail"]


async def test_a_relay_that_nobody_vouches_for_gets_no_mail(relay: Relay) -> None:
    stranger = MailRelay("localhost", relay.port, Tls.STARTTLS, "a@b.jp", USER, PASSWORD)
    with pytest.raises(MailFailed, match="certificate"):
        await Mailer(stranger).send("x@example.jp", "x", "x")
    assert relay.mails.empty()


async def test_a_relay_without_tls_gets_no_password(relay: Relay) -> None:
    plain = MailRelay("127.0.0.1", relay.port, Tls.TLS, "a@b.jp", USER, PASSWORD)
    with pytest.raises(MailFailed):
        await Mailer(plain).send("x@example.jp", "x", "x")


@pytest.mark.parametrize(
    "email", ["x", "x@", "@x.jp", "a b@x.jp", "a@x.jp\r\nBcc: y@x.jp", "<a@x.jp>", "a@x.jp,b@x.jp"]
)
async def test_what_is_no_address_is_refused(api: Api, email: str) -> None:
    body: dict[str, Any] = {"login": "saburo", "name": "x", "email": email}
    refused = await api.ask("POST", "/api/v1/accounts", json=body)
    assert (refused.status, refused.json["field"]) == (422, "email")


async def test_an_address_belongs_to_one_account(api: Api) -> None:
    await with_address(api, "taro", "shared@example.jp")
    body = {"login": "saburo", "name": "x", "email": "SHARED@example.jp"}
    refused = await api.ask("POST", "/api/v1/accounts", json=body)
    assert (refused.status, refused.json["field"]) == (409, "email")
