"""The parts of this module."""

from server.kernel.database import Database
from server.kernel.jobs import Job
from server.kernel.live_feed import Feed
from server.kernel.module import EventKind, Module, Permission
from server.kernel.naming import names_in
from server.kernel.site import KINDS as SITE_KINDS
from server.kernel.site import SiteKeeper
from server.modules.accounts import (
    api,
    api_apps,
    api_clients,
    api_factors,
    api_oauth,
    api_own,
    api_passkeys,
    api_session,
    api_tokens,
    events,
    store_apps,
    store_mail,
    store_passkeys,
    store_sessions,
)
from server.modules.accounts.apps import Apps
from server.modules.accounts.clients import Clients
from server.modules.accounts.first_run import FirstRun
from server.modules.accounts.forgotten import SEND, PasswordMail
from server.modules.accounts.kiosk_sign_in import KioskSignIns
from server.modules.accounts.opening import Opening
from server.modules.accounts.own import Own
from server.modules.accounts.own_factors import FactorKeeper
from server.modules.accounts.passkeys import PasskeyKeeper
from server.modules.accounts.password_sign_in import PasswordSignIns
from server.modules.accounts.personal import personal_data
from server.modules.accounts.service import READ, WRITE, Accounts
from server.modules.accounts.sign_in import SignIns
from server.modules.accounts.tokens import TokenKeeper

FORGET_DAYS = 30


def setup(
    site: SiteKeeper,
    accounts: Accounts,
    sign_ins: SignIns,
    by_password: PasswordSignIns,
    kiosks: KioskSignIns,
    first_run: FirstRun,
    own: Own,
    clients: Clients,
    apps: Apps,
    passkeys: PasskeyKeeper,
    factors: FactorKeeper,
    tokens: TokenKeeper,
    mail: PasswordMail,
) -> Module:
    """Return the module; nothing is opened or run."""

    async def forget(database: Database, _: bytes) -> None:
        async with database.transaction() as connection:
            await store_sessions.delete_old(connection, FORGET_DAYS)
            await store_apps.delete_old(connection, FORGET_DAYS)
            await store_mail.delete_old_letters(connection)

    async def forget_challenges(database: Database, _: bytes) -> None:
        async with database.transaction() as connection:
            await store_passkeys.delete_expired(connection)

    opening = Opening(site, sign_ins)
    return Module(
        name="accounts",
        permissions=[Permission(READ), Permission(WRITE, weighty=True)],
        kinds=[EventKind(kind) for kind in (*SITE_KINDS, *events.KINDS)],
        routes=[
            *api_session.routes(site, sign_ins, by_password, kiosks, first_run, own, opening, mail),
            *api_passkeys.routes(site, passkeys, opening),
            *api_factors.routes(site, factors),
            *api_own.routes(own),
            *api.routes(accounts),
            *api_clients.routes(clients),
            *api_apps.routes(apps),
            *api_oauth.routes(clients, apps),
            *api_tokens.routes(tokens),
        ],
        jobs=[
            Job("accounts.forget", forget, schedule="41 3 * * *"),
            Job("accounts.forget_challenges", forget_challenges, schedule="*/10 * * * *"),
            Job(SEND, mail.send),
        ],
        checks=[mail.check()],
        personal=personal_data(),
        names=names_in("accounts.account"),
        feeds=[Feed(topic="accounts", permission=READ, kinds=frozenset(events.KINDS))],
    )
