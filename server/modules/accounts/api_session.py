"""HTTP of signing in and out: by password, one-time link, a kiosk's ticket, and the first run."""

from collections.abc import Sequence

import msgspec

from server.kernel.auth import FIRST_FACTOR, digest
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.kernel.i18n import LANGUAGES
from server.kernel.problems import Problem
from server.kernel.site import SiteKeeper
from server.modules.accounts import store_one_time
from server.modules.accounts.factor_model import FactorCode
from server.modules.accounts.first_run import FirstRun, SetUp
from server.modules.accounts.forgotten import Forgotten, PasswordMail
from server.modules.accounts.kiosk_sign_in import KioskSignIns
from server.modules.accounts.model import (
    LinkVoid,
    Login,
    PasswordText,
    Purpose,
    Secret,
)
from server.modules.accounts.opening import (
    COOKIE_ATTRIBUTES,
    Opening,
    Session,
    SiteView,
    origin_of,
    secure,
    view,
)
from server.modules.accounts.own import Own
from server.modules.accounts.password_sign_in import PasswordSignIns
from server.modules.accounts.rules import SHORTEST_PASSWORD
from server.modules.accounts.sign_in import SignIns


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who, and the proof; `code` where a second factor is wanted."""

    login: Login
    password: PasswordText
    code: FactorCode | None = None


class LinkSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a one-time link."""

    code: Secret


class PasswordByLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password, and the one-time link that allows it."""

    code: Secret
    password: PasswordText
    second_code: FactorCode | None = None


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The proof once more."""

    password: PasswordText
    code: FactorCode | None = None


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in page must know: the site, and whether it has an admin yet."""

    site: SiteView
    languages: list[str]
    set_up: bool
    shortest_password: int
    reset_by_mail: bool


class LinkFor(msgspec.Struct, frozen=True):
    """Whose password a one-time link lets choose."""

    login: str


def routes(
    site: SiteKeeper,
    sign_ins: SignIns,
    by_password: PasswordSignIns,
    kiosks: KioskSignIns,
    first_run: FirstRun,
    own: Own,
    opening: Opening,
    mail: PasswordMail,
) -> Sequence[Route]:
    """Return the operations on the caller's own session and account."""

    async def welcome(call: Call[Nothing, Nothing]) -> Welcome:
        return Welcome(
            site=view(site.site),
            languages=list(LANGUAGES),
            set_up=await first_run.is_done(call.connection),
            shortest_password=SHORTEST_PASSWORD,
            reset_by_mail=mail.is_on,
        )

    async def sign_in(call: Call[Nothing, SignIn]) -> Reply | Problem:
        body = call.body
        found = await by_password.by_password(
            call.connection, body.login, body.password, body.code, origin_of(call)
        )
        return found if isinstance(found, Problem) else await opening.opened(call, found)

    async def sign_in_by_link(call: Call[Nothing, LinkSignIn]) -> Reply:
        return await opening.opened(
            call, await sign_ins.by_link(call.connection, call.body.code, origin_of(call))
        )

    async def enter_at_kiosk(call: Call[Nothing, LinkSignIn]) -> Reply:
        return await opening.opened(
            call, await kiosks.enter(call.connection, call.body.code, origin_of(call))
        )

    async def whose_link(call: Call[Nothing, LinkSignIn]) -> LinkFor:
        login = await store_one_time.peek_one_time(
            call.connection, digest(call.body.code), Purpose.PASSWORD
        )
        if login is None:
            raise LinkVoid()
        return LinkFor(login)

    async def password_by_link(call: Call[Nothing, PasswordByLink]) -> Reply | Problem:
        body = call.body
        found = await by_password.by_link(
            call.connection, body.code, body.password, body.second_code, origin_of(call)
        )
        return found if isinstance(found, Problem) else await opening.opened(call, found)

    async def forgotten(call: Call[Nothing, Forgotten]) -> Reply:
        await mail.ask(call.connection, call.body, call.language, origin_of(call))
        return Reply(None, 204)

    async def set_up(call: Call[Nothing, SetUp]) -> Reply:
        fresh = await first_run.set_up(call.connection, call.body, origin_of(call))
        return await opening.opened(call, fresh)

    async def show(call: Call[Nothing, Nothing]) -> Session:
        return await opening.session(call.connection, call.principal)

    async def sign_out(call: Call[Nothing, Nothing]) -> Reply:
        await sign_ins.end(call.connection, call.principal, origin_of(call))
        gone = f"{call.browser.cookie}=; Max-Age=0; {COOKIE_ATTRIBUTES}{secure(call)}"
        return Reply(None, 204, headers={"Set-Cookie": gone, "Clear-Site-Data": '"cache"'})

    async def confirm(call: Call[Nothing, Confirmation]) -> Reply | Problem:
        body = call.body
        refused = await by_password.confirm(
            call.connection, call.principal, body.password, body.code, origin_of(call)
        )
        return refused or Reply(None, 204)

    async def stay(call: Call[Nothing, Nothing]) -> Session:
        await own.stay(call.connection, call.principal)
        return await opening.session(call.connection, call.principal)

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
            f"{path}/kiosk",
            None,
            enter_at_kiosk,
            "Sign in at a kiosk, with the ticket that its agent got",
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
        Route(
            "POST",
            f"{path}/forgotten",
            None,
            forgotten,
            "Ask for a link to choose a new password, by mail",
            body=Forgotten,
            status=204,
            keep_answer=False,
        ),
        Route("GET", path, FIRST_FACTOR, show, "Who is signed in", answer=Session),
        Route("DELETE", path, None, sign_out, "Sign out", status=204),
        Route(
            "POST", f"{path}/stay", FIRST_FACTOR, stay, "Go on", answer=Session, keep_answer=False
        ),
        Route(
            "POST",
            f"{path}/confirm",
            FIRST_FACTOR,
            confirm,
            "Prove anew who is there",
            body=Confirmation,
            status=204,
            keep_answer=False,
        ),
    )
