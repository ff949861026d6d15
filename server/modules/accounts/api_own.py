"""HTTP of the caller's own account: sessions, password, PIN."""

from collections.abc import Sequence

import msgspec

from contract.sign_in import Pin
from server.kernel.auth import SIGNED_IN
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.kernel.problems import Problem
from server.modules.accounts.model import Account, PasswordText, SessionView
from server.modules.accounts.own import Own
from server.modules.accounts.sign_in import Origin


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password of one's own; `current` is wanted where there is one."""

    password: PasswordText
    current: PasswordText | None = None


class NewPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new PIN to go with one's own card; null takes it away."""

    pin: Pin | None


class Sessions(msgspec.Struct, frozen=True):
    """The caller's sessions."""

    items: list[SessionView]


def routes(own: Own) -> Sequence[Route]:
    """Return the operations on the caller's own account."""

    async def account(call: Call[Nothing, Nothing]) -> Account:
        return await own.account(call.connection, call.principal)

    async def sessions(call: Call[Nothing, Nothing]) -> Sessions:
        return Sessions(await own.sessions(call.connection, call.principal))

    async def revoke(call: Call[Nothing, Nothing]) -> Reply:
        await own.revoke(call.connection, call.principal, call.path["id"])
        return Reply(None, 204)

    async def revoke_others(call: Call[Nothing, Nothing]) -> Reply:
        await own.revoke_others(call.connection, call.principal)
        return Reply(None, 204)

    async def new_password(call: Call[Nothing, NewPassword]) -> Reply | Problem:
        refused = await own.set_password(
            call.connection,
            call.principal,
            call.body.password,
            call.body.current,
            Origin(call.address, call.browser.user_agent),
        )
        return refused or Reply(None, 204)

    async def new_pin(call: Call[Nothing, NewPin]) -> Reply:
        await own.set_pin(call.connection, call.principal, call.body.pin)
        return Reply(None, 204)

    all_sessions, one = f"{API}/sessions", API + "/sessions/{id}"
    return (
        Route("GET", f"{API}/session/account", SIGNED_IN, account, "Own account", answer=Account),
        Route("GET", all_sessions, SIGNED_IN, sessions, "List own sessions", answer=Sessions),
        Route("DELETE", all_sessions, SIGNED_IN, revoke_others, "End all others", status=204),
        Route("DELETE", one, SIGNED_IN, revoke, "End an own session", status=204),
        Route(
            "POST",
            f"{API}/session/password",
            SIGNED_IN,
            new_password,
            "Change the own password",
            body=NewPassword,
            status=204,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{API}/session/pin",
            SIGNED_IN,
            new_pin,
            "Change the own PIN",
            body=NewPin,
            status=204,
            keep_answer=False,
        ),
    )
