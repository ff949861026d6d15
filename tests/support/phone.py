"""A phone with passkeys: a browser that reached the server by name, and its authenticator."""

from typing import Any

from support.api import Answer, Api, expect
from support.authenticator import Authenticator
from support.browser_session import BrowserSession, signed_in

PASSKEYS = "/api/v1/session/passkeys"


class Phone(BrowserSession):
    """A browser that reached the server by the name localhost, with a passkey at hand."""

    def __init__(self, api: Api, cookie: str = "") -> None:
        super().__init__(api)
        self.cookie = cookie
        self.origin = f"http://localhost:{api.client.port}"
        self.authenticator = Authenticator(self.origin)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        headers = {
            "Origin": self.origin,
            "Host": self.origin.removeprefix("http://"),
            **options.pop("headers", {}),
        }
        return await super().ask(method, path, headers=headers, **options)

    async def make(self, name: str = "仕事の電話", **lies: Any) -> Answer:
        """Make a passkey and have it kept."""
        options = expect(await self.ask("POST", f"{PASSKEYS}/registration"), 200).json
        body = {"name": name, "credential": self.authenticator.make(options, **lies)}
        return await self.ask("POST", PASSKEYS, json=body)

    async def challenge(self) -> Any:
        return expect(await self.ask("POST", f"{PASSKEYS}/challenge"), 200).json

    async def use(self, **lies: Any) -> Answer:
        """Sign in with the passkey."""
        answer = self.authenticator.sign(await self.challenge(), **lies)
        return await self.ask("POST", f"{PASSKEYS}/sign-in", json=answer)


async def a_phone(api: Api, login: str = "jiro", *roles: str) -> Phone:
    """Return somebody's phone, signed in, with a passkey kept."""
    phone = Phone(api, (await signed_in(api, login, *roles)).cookie)
    expect(await phone.make(), 201)
    return phone
