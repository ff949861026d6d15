"""Why an app can no longer act for its person, and how all apps of an account end at once."""

import enum

from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.modules.accounts import events, store_apps


class Ended(enum.StrEnum):
    """Why a family was revoked."""

    OWNER = "owner"
    REUSED = "reused"
    PASSWORD = "password"  # noqa: S105
    DISABLED = "disabled"
    SIGNED_OUT = "signed_out"


async def end_apps(
    journal: Journal, connection: Connection, by: str, account: str, why: Ended
) -> None:
    """End all apps of an account, in the caller's transaction."""
    for name in await store_apps.revoke_families(connection, account, why):
        news = events.AppNews(name, why)
        await journal.tell(connection, by, events.APP_REVOKED, account, news)
