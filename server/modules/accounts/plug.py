"""The parts of this module."""

from server.kernel.database import Database
from server.kernel.jobs import Job
from server.kernel.live import Feed
from server.kernel.module import EventKind, Module, Permission
from server.kernel.naming import names_in
from server.kernel.site import KINDS as SITE_KINDS
from server.kernel.site import SiteKeeper
from server.modules.accounts import (
    api,
    api_apps,
    api_clients,
    api_oauth,
    api_own,
    api_session,
    events,
    store_apps,
    store_sessions,
)
from server.modules.accounts.apps import Apps
from server.modules.accounts.clients import Clients
from server.modules.accounts.first_run import FirstRun
from server.modules.accounts.own import Own
from server.modules.accounts.personal import personal_data
from server.modules.accounts.service import READ, WRITE, Accounts
from server.modules.accounts.sign_in import SignIns

FORGET_DAYS = 30


def setup(
    site: SiteKeeper,
    accounts: Accounts,
    sign_ins: SignIns,
    first_run: FirstRun,
    own: Own,
    clients: Clients,
    apps: Apps,
) -> Module:
    """Return the module; nothing is opened or run."""

    async def forget(database: Database, _: bytes) -> None:
        async with database.transaction() as connection:
            await store_sessions.delete_old(connection, FORGET_DAYS)
            await store_apps.delete_old(connection, FORGET_DAYS)

    return Module(
        name="accounts",
        permissions=[Permission(READ), Permission(WRITE)],
        kinds=[EventKind(kind) for kind in (*SITE_KINDS, *events.KINDS)],
        routes=[
            *api_session.routes(site, sign_ins, first_run, own),
            *api_own.routes(own),
            *api.routes(accounts),
            *api_clients.routes(clients),
            *api_apps.routes(apps),
            *api_oauth.routes(clients, apps),
        ],
        jobs=[Job("accounts.forget", forget, schedule="41 3 * * *")],
        personal=personal_data(),
        names=names_in("accounts.account"),
        feeds=[Feed(topic="accounts", permission=READ, kinds=frozenset(events.KINDS))],
    )
