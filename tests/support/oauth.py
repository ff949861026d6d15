"""The token endpoint as a machine or an app sees it."""

from typing import Any

from aiohttp import encode_basic_auth

from support.api import Answer, Api, expect, read
from support.browser_session import BrowserSession

TOKEN = "/api/v1/oauth/token"


async def ask_token(api: Api, /, headers: dict[str, str] | None = None, **form: str) -> Answer:
    """Ask for a token with these fields and return the answer, whatever its status."""
    api.client.session.cookie_jar.clear()
    async with api.client.post(TOKEN, data=form, headers=headers) as response:
        return await read(response)


def basic(made: Any) -> dict[str, str]:
    """Return the header in which a client proves itself."""
    return {"Authorization": encode_basic_auth(made["client"]["id"], made["secret"])}


async def make_client(api: Api, *roles: str, name: str = "Robot 7") -> Any:
    """Register a machine and return `{"client": ..., "secret": ...}`."""
    return await api.post("/api/v1/clients", {"name": name, "roles": roles})


async def client_token(api: Api, made: Any) -> str:
    """Return an access token of a machine."""
    answer = await ask_token(
        api,
        grant_type="client_credentials",
        client_id=made["client"]["id"],
        client_secret=made["secret"],
    )
    return str(expect(answer, 200).json["access_token"])


async def open_app(browser: BrowserSession, name: str = "棚卸アプリ") -> Any:
    """Give an app of somebody its first tokens."""
    answer = await browser.ask("POST", "/api/v1/session/apps", json={"name": name})
    return expect(answer, 201).json


async def refresh(api: Api, token: str) -> Answer:
    """Use a refresh token."""
    return await ask_token(api, grant_type="refresh_token", refresh_token=token)


async def with_bearer(api: Api, token: str, path: str = "/api/v1/people") -> Answer:
    """Ask for something with an access token."""
    return await api.ask("GET", path, headers={"Authorization": f"Bearer {token}"})
