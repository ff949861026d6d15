"""The browser's session. Until people have accounts it is a token, kept in a cookie.

No script can read the cookie, and no other site's page can send it.
"""

from collections.abc import Sequence

import msgspec

from server.kernel.auth import SIGNED_IN, principal_of
from server.kernel.gateway import COOKIE
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.kernel.i18n import LANGUAGES
from server.kernel.module import Site
from server.kernel.problems import Unauthenticated

COOKIE_SECONDS = 30 * 24 * 3600
_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict"


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token to sign in with."""

    token: str


class SiteView(msgspec.Struct, frozen=True):
    """Where this box stands: its name, IANA time zone and first language."""

    name: str
    zone: str
    language: str


class Session(msgspec.Struct, frozen=True):
    """Who is signed in, and what a page must know before it draws anything."""

    name: str
    permissions: list[str]
    site: SiteView
    languages: list[str]


def routes(site: Site) -> Sequence[Route]:
    """Return the operations on the caller's own session."""
    where = SiteView(site.name, site.zone, site.language)

    def session(name: str, permissions: frozenset[str]) -> Session:
        return Session(name, sorted(permissions), where, list(LANGUAGES))

    async def sign_in(call: Call[Nothing, SignIn]) -> Reply:
        token = call.body.token.strip()
        # A header cannot hold more than this, and no token of ours does.
        known = token.isascii() and token.isprintable() and " " not in token and ";" not in token
        principal = await principal_of(call.connection, token) if known else None
        if principal is None:
            raise Unauthenticated(field="token")
        cookie = f"{COOKIE}={token}; Max-Age={COOKIE_SECONDS}; {_ATTRIBUTES}"
        return Reply(session(principal.name, principal.permissions), headers={"Set-Cookie": cookie})

    async def show(call: Call[Nothing, Nothing]) -> Session:
        return session(call.principal.name, call.principal.permissions)

    async def sign_out(call: Call[Nothing, Nothing]) -> Reply:
        return Reply(None, 204, headers={"Set-Cookie": f"{COOKIE}=; Max-Age=0; {_ATTRIBUTES}"})

    path = f"{API}/session"
    return (
        Route(
            "POST",
            path,
            None,
            sign_in,
            "Sign in with a token",
            body=SignIn,
            answer=Session,
            keep_answer=False,
        ),
        Route("GET", path, SIGNED_IN, show, "Who is signed in", answer=Session),
        Route("DELETE", path, None, sign_out, "Sign out", status=204),
    )
