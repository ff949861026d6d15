"""A browser as the server sees one: it keeps its cookie, and says which page sends."""

from typing import Any

from server.kernel.auth import EVERYTHING
from server.modules.accounts.model import Purpose
from support.api import Answer, Api, expect, read
from support.ways_in import make_link

PASSWORD = "ひらがなと数字の長い文 7"


class BrowserSession:
    """Somebody at a browser. Cookies are kept here, not in the shared client."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.cookie = ""

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request as a page of ours does and return the answer, whatever its status."""
        origin = str(self.api.client.make_url("/")).rstrip("/")
        headers = {"Origin": origin, "Accept-Language": "en", **options.pop("headers", {})}
        if self.cookie:
            headers["Cookie"] = f"genba_session={self.cookie}"
        headers = {name: value for name, value in headers.items() if value}
        self.api.client.session.cookie_jar.clear()
        async with self.api.client.request(method, path, headers=headers, **options) as response:
            if "genba_session" in response.cookies:
                self.cookie = response.cookies["genba_session"].value
            return await read(response)

    async def sign_in(self, login: str, password: str = PASSWORD) -> Answer:
        """Type a name and a password."""
        body = {"login": login, "password": password}
        return await self.ask("POST", "/api/v1/session", json=body)


async def setup_code(api: Api) -> str:
    """Return the code of a fresh setup link."""
    link = await api.server.database.run(api.server.parts.first_run.make_link)
    return link.path.partition("=")[2]


async def set_up(api: Api, login: str = "hanako", **changes: Any) -> BrowserSession:
    """Set the site up and return its first admin's browser."""
    browser = BrowserSession(api)
    wanted = {
        "code": changes.pop("code", "") or await setup_code(api),
        "site": "みなと精機",
        "zone": "Asia/Tokyo",
        "language": "ja",
        "name": "佐藤 花子",
        "login": login,
        "password": PASSWORD,
        **changes,
    }
    expect(await browser.ask("POST", "/api/v1/session/set-up", json=wanted), 200)
    return browser


async def account(api: Api, login: str, *roles: str, password: str = PASSWORD) -> str:
    """Make an account with a password, and return its id."""
    made = await api.post("/api/v1/accounts", {"login": login, "name": login, "roles": roles})
    code = made["link"]["path"].partition("=")[2]
    body = {"code": code, "password": password}
    browser = BrowserSession(api)
    expect(await browser.ask("POST", "/api/v1/session/password-link", json=body), 200)
    expect(await browser.ask("DELETE", "/api/v1/session"), 204)
    return str(made["account"]["id"])


async def signed_in(api: Api, login: str, *roles: str) -> BrowserSession:
    """Make an account with these roles and return its browser, signed in."""
    await account(api, login, *roles)
    browser = BrowserSession(api)
    expect(await browser.sign_in(login), 200)
    return browser


async def link_for(api: Api, login: str, purpose: Purpose) -> str:
    """Return the secret of a one-time link made on the command line."""
    return (await make_link(api.server.database, login, purpose)).partition("=")[2]


__all__ = ["EVERYTHING", "PASSWORD", "BrowserSession", "account", "link_for", "set_up", "signed_in"]
