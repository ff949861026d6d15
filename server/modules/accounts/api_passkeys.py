"""HTTP of passkeys: the caller's own, and signing in with one."""

from collections.abc import Sequence
from typing import Any

from server.kernel.auth import FIRST_FACTOR, SIGNED_IN
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.kernel.problems import Problem
from server.kernel.rate_limits import ANONYMOUS
from server.kernel.site import SiteKeeper
from server.modules.accounts.ceremonies import Place, place_of
from server.modules.accounts.opening import Opening, Session, origin_of
from server.modules.accounts.passkey_model import (
    Assertion,
    AssertionOptions,
    NewPasskey,
    Passkey,
    PasskeyChange,
    Passkeys,
    PasskeysNeedName,
    RegistrationOptions,
)
from server.modules.accounts.passkeys import PasskeyKeeper


def routes(site: SiteKeeper, keeper: PasskeyKeeper, opening: Opening) -> Sequence[Route]:
    """Return the operations on passkeys. Challenges are answered once, so no answer is kept."""

    async def list_own(call: Call[Nothing, Nothing]) -> Passkeys:
        try:
            host = _place(call).rp
        except PasskeysNeedName:
            host = ""
        return Passkeys(await keeper.passkeys(call.connection, call.principal), host)

    async def registration(call: Call[Nothing, Nothing]) -> RegistrationOptions:
        return await keeper.registration(
            call.connection, call.principal, _place(call), site.site.name
        )

    async def add(call: Call[Nothing, NewPasskey]) -> Reply:
        made = await keeper.add(call.connection, call.principal, call.body, _place(call))
        return Reply(made, 201, version=made.version)

    async def rename(call: Call[Nothing, PasskeyChange]) -> Reply:
        renamed = await keeper.rename(
            call.connection,
            call.principal,
            call.path["id"],
            call.body.name,
            call.expected_version(),
        )
        return Reply(renamed, version=renamed.version)

    async def remove(call: Call[Nothing, Nothing]) -> Reply:
        await keeper.remove(call.connection, call.principal, call.path["id"])
        return Reply(None, 204)

    async def sign_in_options(call: Call[Nothing, Nothing]) -> AssertionOptions:
        return await keeper.sign_in_options(call.connection, _place(call))

    async def sign_in(call: Call[Nothing, Assertion]) -> Reply | Problem:
        found = await keeper.sign_in(call.connection, call.body, _place(call), origin_of(call))
        return found if isinstance(found, Problem) else await opening.opened(call, found)

    async def confirmation(call: Call[Nothing, Nothing]) -> AssertionOptions:
        return await keeper.confirmation_options(call.connection, call.principal, _place(call))

    async def confirm(call: Call[Nothing, Assertion]) -> Reply | Problem:
        refused = await keeper.confirm(
            call.connection, call.principal, call.body, _place(call), origin_of(call)
        )
        return refused or Reply(None, 204)

    path, one = f"{API}/session/passkeys", API + "/session/passkeys/{id}"
    return (
        Route("GET", path, FIRST_FACTOR, list_own, "List own passkeys", answer=Passkeys),
        Route(
            "POST",
            f"{path}/registration",
            FIRST_FACTOR,
            registration,
            "Begin to make a passkey",
            answer=RegistrationOptions,
            keep_answer=False,
        ),
        Route(
            "POST",
            path,
            FIRST_FACTOR,
            add,
            "Keep a passkey",
            body=NewPasskey,
            answer=Passkey,
            status=201,
            keep_answer=False,
        ),
        Route(
            "PATCH",
            one,
            SIGNED_IN,
            rename,
            "Rename an own passkey",
            body=PasskeyChange,
            answer=Passkey,
        ),
        Route("DELETE", one, SIGNED_IN, remove, "Forget an own passkey", status=204),
        Route(
            "POST",
            f"{path}/challenge",
            None,
            sign_in_options,
            "Begin to sign in with a passkey",
            answer=AssertionOptions,
            keep_answer=False,
            limit=ANONYMOUS,  # each look at the sign-in page asks for one
        ),
        Route(
            "POST",
            f"{path}/sign-in",
            None,
            sign_in,
            "Sign in with a passkey",
            body=Assertion,
            answer=Session,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{path}/confirmation",
            FIRST_FACTOR,
            confirmation,
            "Begin to prove anew who is there, with a passkey",
            answer=AssertionOptions,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{path}/confirm",
            FIRST_FACTOR,
            confirm,
            "Prove anew who is there, with a passkey",
            body=Assertion,
            status=204,
            keep_answer=False,
        ),
    )


def _place(call: Call[Any, Any]) -> Place:
    return place_of(call.browser.origin)
