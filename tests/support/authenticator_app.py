"""An authenticator app: keeps a secret, and shows its code (RFC 6238, by pyotp)."""

import time
from typing import Any

import pyotp

from support.api import Answer, Api, expect
from support.browser_session import PASSWORD, BrowserSession, signed_in

SESSION = "/api/v1/session"
FACTOR = f"{SESSION}/second-factor"


class App:
    """Somebody's app, and the recovery codes that came with it."""

    def __init__(self, api: Api, secret: str) -> None:
        self._api = api
        self._totp = pyotp.parse_uri(secret)
        self.recovery: list[str] = []

    @property
    def code(self) -> str:
        """What it shows now."""
        assert isinstance(self._totp, pyotp.TOTP)
        return self._totp.now()

    def at(self, seconds: int) -> str:
        """What it shows so many seconds from now."""
        assert isinstance(self._totp, pyotp.TOTP)
        return self._totp.at(int(time.time()) + seconds)

    async def next(self) -> str:
        """Return a code that was not used yet, as if 30 s had passed."""
        async with self._api.server.database.transaction() as connection:
            await connection.execute("update accounts.totp set last_step = 0")
        return self.code


async def set_up_app(browser: BrowserSession) -> App:
    """Set an app up for whoever is signed in."""
    draft = expect(await browser.ask("POST", f"{FACTOR}/totp"), 200).json
    app = App(browser.api, draft["uri"])
    made = expect(await typed(browser, "POST", f"{FACTOR}/totp/confirm", app), 200)
    app.recovery = made.json["codes"]
    return app


async def typed(browser: BrowserSession, method: str, path: str, app: App, **body: Any) -> Answer:
    """Send what wants a code; if its 30 s end on the way, the one after."""
    for _ in range(2):
        answer = await browser.ask(method, path, json={**body, "code": await app.next()})
        if answer.status != 403 or answer.json["type"] not in STALE:
            break
    return answer


# While an app is set up there is nothing to be stale yet: a code that is late is a wrong one.
STALE = ("/problems/code-stale", "/problems/code-refused")


async def with_app(api: Api, login: str, *roles: str) -> tuple[BrowserSession, App]:
    """Make an account with an app and return its browser, signed in."""
    browser = await signed_in(api, login, *roles)
    return browser, await set_up_app(browser)


async def enter(browser: BrowserSession, login: str, app: App) -> Answer:
    """Sign in with password and code."""
    body = {"login": login, "password": PASSWORD}
    return await typed(browser, "POST", "/api/v1/session", app, **body)


async def send(browser: BrowserSession, login: str, code: str | None = None) -> Answer:
    body: dict[str, Any] = {"login": login, "password": PASSWORD}
    return await browser.ask("POST", SESSION, json=body | ({"code": code} if code else {}))


def kind(answer: Answer) -> str:
    """Return what sort of problem it is."""
    return str(answer.json["type"]).removeprefix("/problems/")


async def execute(api: Api, statement: str) -> None:
    async with api.server.database.transaction() as connection:
        await connection.execute(statement)
