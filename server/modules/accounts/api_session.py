"""HTTP of signing in and out: by password, by one-time link, and the first run."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from server.kernel.auth import SIGNED_IN, Principal, digest
from server.kernel.database import Connection
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.kernel.i18n import LANGUAGES
from server.kernel.module import Site
from server.kernel.problems import Problem
from server.kernel.site import SiteKeeper, read_site
from server.modules.accounts import store, store_sessions
from server.modules.accounts.first_run import FirstRun, SetUp
from server.modules.accounts.model import (
    LinkVoid,
    Login,
    PasswordText,
    Purpose,
    Secret,
)
from server.modules.accounts.own import Own
from server.modules.accounts.rules import SHORTEST_PASSWORD
from server.modules.accounts.sign_in import Opened, Origin, SignIns

_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict"


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who, and the proof."""

    login: Login
    password: PasswordText


class LinkSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a one-time link."""

    code: Secret


class PasswordByLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password, and the one-time link that allows it."""

    code: Secret
    password: PasswordText


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The proof once more."""

    password: PasswordText


class SiteView(msgspec.Struct, frozen=True):
    """Where this box stands: its name, IANA time zone and first language."""

    name: str
    zone: str
    language: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and what a page must know before it draws anything.

    Seconds, since a browser's clock may be wrong: the session ends in `ends_in` whatever happens,
    and without use in `idle_ends_in`, `idle_seconds` after the last one. All are null for an API
    token.
    """

    account: str | None
    login: str
    name: str
    permissions: list[str]
    site: SiteView
    languages: list[str]
    ends_in: float | None = None
    idle_ends_in: float | None = None
    idle_seconds: int | None = None


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in page must know: the site, and whether it has an admin yet."""

    site: SiteView
    languages: list[str]
    set_up: bool
    shortest_password: int


class LinkFor(msgspec.Struct, frozen=True):
    """Whose password a one-time link lets choose."""

    login: str


def routes(site: SiteKeeper, sign_ins: SignIns, first_run: FirstRun, own: Own) -> Sequence[Route]:
    """Return the operations on the caller's own session and account."""

    async def welcome(call: Call[Nothing, Nothing]) -> Welcome:
        return Welcome(
            site=_view(site.site),
            languages=list(LANGUAGES),
            set_up=await first_run.is_done(call.connection),
            shortest_password=SHORTEST_PASSWORD,
        )

    async def session(connection: Connection, principal: Principal) -> Session:
        standing = (
            await store_sessions.standing(connection, principal.session)
            if principal.session
            else None
        )
        now = datetime.now(UTC)
        return Session(
            account=principal.account,
            login=standing.login if standing else "",
            name=principal.name,
            permissions=sorted(principal.permissions),
            site=_view(await read_site(connection) or site.site),
            languages=list(LANGUAGES),
            ends_in=(standing.ends_at - now).total_seconds() if standing else None,
            idle_ends_in=(
                standing.idle_seconds - (now - standing.seen_at).total_seconds()
                if standing
                else None
            ),
            idle_seconds=standing.idle_seconds if standing else None,
        )

    async def opened(call: Call[Any, Any], fresh: Opened) -> Reply:
        """Answer with the fresh session; the one that the browser came with ends."""
        await sign_ins.end(call.connection, call.principal, _origin(call))
        account = await store.account_by_id(call.connection, fresh.account)
        assert account is not None
        permissions = await store.permissions_of(call.connection, fresh.account)
        principal = Principal(
            f"account:{fresh.account}", account.name, permissions, fresh.account, fresh.id
        )
        cookie = f"{call.browser.cookie}={fresh.secret}; Max-Age={fresh.seconds}; {_ATTRIBUTES}"
        return Reply(
            await session(call.connection, principal),
            headers={"Set-Cookie": cookie + _secure(call)},
        )

    async def sign_in(call: Call[Nothing, SignIn]) -> Reply | Problem:
        found = await sign_ins.by_password(
            call.connection, call.body.login, call.body.password, _origin(call)
        )
        return found if isinstance(found, Problem) else await opened(call, found)

    async def sign_in_by_link(call: Call[Nothing, LinkSignIn]) -> Reply:
        return await opened(
            call, await sign_ins.by_link(call.connection, call.body.code, _origin(call))
        )

    async def whose_link(call: Call[Nothing, LinkSignIn]) -> LinkFor:
        login = await store_sessions.peek_one_time(
            call.connection, digest(call.body.code), Purpose.PASSWORD
        )
        if login is None:
            raise LinkVoid()
        return LinkFor(login)

    async def password_by_link(call: Call[Nothing, PasswordByLink]) -> Reply:
        return await opened(
            call,
            await sign_ins.password_by_link(
                call.connection, call.body.code, call.body.password, _origin(call)
            ),
        )

    async def set_up(call: Call[Nothing, SetUp]) -> Reply:
        fresh = await first_run.set_up(call.connection, call.body, _origin(call))
        return await opened(call, fresh)

    async def show(call: Call[Nothing, Nothing]) -> Session:
        return await session(call.connection, call.principal)

    async def sign_out(call: Call[Nothing, Nothing]) -> Reply:
        await sign_ins.end(call.connection, call.principal, _origin(call))
        gone = f"{call.browser.cookie}=; Max-Age=0; {_ATTRIBUTES}{_secure(call)}"
        return Reply(None, 204, headers={"Set-Cookie": gone, "Clear-Site-Data": '"cache"'})

    async def confirm(call: Call[Nothing, Confirmation]) -> Reply | Problem:
        refused = await sign_ins.confirm(
            call.connection, call.principal, call.body.password, _origin(call)
        )
        return refused or Reply(None, 204)

    async def stay(call: Call[Nothing, Nothing]) -> Session:
        await own.stay(call.connection, call.principal)
        return await session(call.connection, call.principal)

    path = f"{API}/session"
    return (
        Route("GET", f"{API}/welcome", None, welcome, "What sign-in shows", answer=Welcome),
        Route(
            "POST",
            path,
            None,
            sign_in,
            "Sign in with a password",
            body=SignIn,
            answer=Session,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{path}/link",
            None,
            sign_in_by_link,
            "Sign in with a link",
            body=LinkSignIn,
            answer=Session,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{path}/set-up",
            None,
            set_up,
            "Set the site up, once",
            body=SetUp,
            answer=Session,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{path}/whose-link",
            None,
            whose_link,
            "Whose password a link lets choose",
            body=LinkSignIn,
            answer=LinkFor,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{path}/password-link",
            None,
            password_by_link,
            "Choose a password with a link",
            body=PasswordByLink,
            answer=Session,
            keep_answer=False,
        ),
        Route("GET", path, SIGNED_IN, show, "Who is signed in", answer=Session),
        Route("DELETE", path, None, sign_out, "Sign out", status=204),
        Route("POST", f"{path}/stay", SIGNED_IN, stay, "Go on", answer=Session, keep_answer=False),
        Route(
            "POST",
            f"{path}/confirm",
            SIGNED_IN,
            confirm,
            "Prove anew who is there",
            body=Confirmation,
            status=204,
            keep_answer=False,
        ),
    )


def _view(site: Site) -> SiteView:
    return SiteView(site.name, site.zone, site.language)


def _origin(call: Call[Any, Any]) -> Origin:
    return Origin(call.address, call.browser.user_agent)


def _secure(call: Call[Any, Any]) -> str:
    return "; Secure" if call.browser.cookie.startswith("__Host-") else ""
