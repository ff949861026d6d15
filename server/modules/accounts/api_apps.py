"""HTTP of the caller's own apps."""

from collections.abc import Sequence

import msgspec

from server.kernel.auth import SIGNED_IN
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.modules.accounts.apps import Apps
from server.modules.accounts.oauth_model import App, AppDraft, Granted


class OwnApps(msgspec.Struct, frozen=True):
    """The caller's apps."""

    items: list[App]


def routes(apps: Apps) -> Sequence[Route]:
    """Return the operations on the caller's own apps."""

    async def own(call: Call[Nothing, Nothing]) -> OwnApps:
        return OwnApps(await apps.own(call.connection, call.principal))

    async def open_one(call: Call[Nothing, AppDraft]) -> Granted:
        return await apps.open(call.connection, call.principal, call.body.name, call.address)

    async def revoke(call: Call[Nothing, Nothing]) -> Reply:
        await apps.revoke(call.connection, call.principal, call.path["id"])
        return Reply(None, 204)

    path, one = f"{API}/session/apps", API + "/session/apps/{id}"
    return (
        Route("GET", path, SIGNED_IN, own, "List own apps", answer=OwnApps),
        Route(
            "POST",
            path,
            SIGNED_IN,
            open_one,
            "Give an own app its first tokens",
            body=AppDraft,
            answer=Granted,
            status=201,
            keep_answer=False,
        ),
        Route("DELETE", one, SIGNED_IN, revoke, "End an own app", status=204),
    )
