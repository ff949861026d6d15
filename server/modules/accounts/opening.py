"""What a browser is told when a session opens, by whatever proof: the session, and its cookie."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from server.kernel.auth import Principal, digest
from server.kernel.database import Connection
from server.kernel.http import Call, Reply
from server.kernel.i18n import LANGUAGES
from server.kernel.module import Site
from server.kernel.site import SiteKeeper, read_site
from server.modules.accounts import store_sessions
from server.modules.accounts.factor_model import Demand
from server.modules.accounts.identities import principal_of
from server.modules.accounts.model import SessionKind
from server.modules.accounts.rules import TOUCH_AFTER, demanded
from server.modules.accounts.sign_in import Opened, Origin, SignIns

COOKIE_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict"


class SiteView(msgspec.Struct, frozen=True):
    """Where this box stands: its name, IANA time zone and first language."""

    name: str
    zone: str
    language: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and what a page must know before it draws anything.

    Seconds, since a browser's clock may be wrong: the session ends in `ends_in` whatever happens,
    and without use in `idle_ends_in`, `idle_seconds` after the last one. All are null for an API
    token. `second_factor` says whether the person should make one, within `second_factor_in`
    (null: their next sign-in sets a time), or must before they may do anything else.
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
    kind: SessionKind | None = None
    second_factor: Demand = Demand.NONE
    second_factor_in: float | None = None


class Opening:
    """Answers those who have just signed in, and those who ask who they are."""

    def __init__(self, site: SiteKeeper, sign_ins: SignIns) -> None:
        self._site = site
        self._sign_ins = sign_ins

    async def session(self, connection: Connection, principal: Principal) -> Session:
        """Return who is signed in, and for how long still."""
        standing = (
            await store_sessions.standing(connection, principal.session)
            if principal.session
            else None
        )
        now = datetime.now(UTC)
        demand = (
            demanded(standing.covered, standing.two_factors, standing.due, now)
            if standing
            else Demand.NONE
        )
        due = standing.due if standing and demand is Demand.ADVISED else None
        return Session(
            account=principal.account,
            login=standing.login if standing else "",
            name=principal.name,
            permissions=sorted(principal.permissions),
            site=view(await read_site(connection) or self._site.site),
            languages=list(LANGUAGES),
            ends_in=(standing.ends_at - now).total_seconds() if standing else None,
            idle_ends_in=(
                standing.idle_seconds - (now - standing.seen_at).total_seconds()
                if standing
                else None
            ),
            idle_seconds=standing.idle_seconds if standing else None,
            kind=standing.kind if standing else None,
            second_factor=demand,
            second_factor_in=(due - now).total_seconds() if due else None,
        )

    async def opened(self, call: Call[Any, Any], fresh: Opened) -> Reply:
        """Answer with the fresh session; the one that the browser came with ends."""
        await self._sign_ins.end(call.connection, call.principal, origin_of(call))
        holder = await store_sessions.holder(call.connection, digest(fresh.secret), TOUCH_AFTER)
        assert holder is not None
        cookie = (
            f"{call.browser.cookie}={fresh.secret}; Max-Age={fresh.seconds}; {COOKIE_ATTRIBUTES}"
        )
        return Reply(
            await self.session(call.connection, principal_of(holder)),
            headers={"Set-Cookie": cookie + secure(call)},
        )


def view(site: Site) -> SiteView:
    """Return the site as pages know it."""
    return SiteView(site.name, site.zone, site.language)


def origin_of(call: Call[Any, Any]) -> Origin:
    """Return where a call comes from, for the journal."""
    return Origin(call.address, call.browser.user_agent)


def secure(call: Call[Any, Any]) -> str:
    """Return the cookie's Secure attribute where the browser came by https."""
    return "; Secure" if call.browser.cookie.startswith("__Host-") else ""
