"""The first run: whoever has the setup link names the site and becomes its first admin."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from contract.ids import new_id
from server.kernel.auth import digest, new_secret
from server.kernel.database import Connection
from server.kernel.i18n import LANGUAGES
from server.kernel.journal import Journal
from server.kernel.module import Site
from server.kernel.problems import Invalid
from server.kernel.site import SiteKeeper, read_site
from server.modules.accounts import events, store, store_one_time, store_roles
from server.modules.accounts.model import (
    ADMIN,
    AccountId,
    LinkVoid,
    Login,
    Method,
    Name,
    OneTimeLink,
    PasswordText,
    Purpose,
    Secret,
    SessionKind,
    SetUpAlready,
)
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.sign_in import Opened, Origin, SignIns, actor

SETUP_HOURS = 24


class SetUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the first run asks. `zone` is an IANA name, `language` ja or en."""

    code: Secret
    site: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]
    zone: Annotated[str, msgspec.Meta(max_length=60)]
    language: Annotated[str, msgspec.Meta(max_length=5)]
    name: Name
    login: Login
    password: PasswordText


class FirstRun:
    """Makes the setup link, and sets the site up once."""

    def __init__(
        self, journal: Journal, site: SiteKeeper, sign_ins: SignIns, passwords: Passwords
    ) -> None:
        self._journal = journal
        self._site = site
        self._sign_ins = sign_ins
        self._passwords = passwords

    async def is_done(self, connection: Connection) -> bool:
        """Say whether the site has its first admin."""
        return await store.any_account(connection)

    async def make_link(self, connection: Connection) -> OneTimeLink:
        """Make a setup link; an older one is void. Raises SetUpAlready."""
        if await self.is_done(connection):
            raise SetUpAlready()
        secret = new_secret()
        expires_at = await store_one_time.insert_one_time(
            connection, digest(secret), Purpose.SETUP, None, timedelta(hours=SETUP_HOURS)
        )
        return OneTimeLink(f"/#setup={secret}", expires_at)

    async def set_up(self, connection: Connection, wanted: SetUp, origin: Origin) -> Opened:
        """Name the site, make the first admin, and sign them in.

        Raises LinkVoid, SetUpAlready, PasswordRefused, Invalid.
        """
        # Two who hold the link: the second finds it used.
        used = await store_one_time.use_one_time(connection, digest(wanted.code), Purpose.SETUP)
        if used is None:
            raise LinkVoid()
        if await self.is_done(connection):
            raise SetUpAlready()
        if wanted.language not in LANGUAGES:
            raise Invalid(field="language", expected=", ".join(LANGUAGES))
        try:
            ZoneInfo(wanted.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Invalid(field="zone", expected="Asia/Tokyo") from error
        words = [wanted.login, *wanted.name.split(), *wanted.site.split()]
        await self._sign_ins.check_password(wanted.password, words)
        account = AccountId(new_id())
        by = actor(account)
        before = await read_site(connection)
        site = Site(wanted.site.strip(), wanted.zone, wanted.language, before.id if before else "")
        await self._site.write(connection, by, site)
        await store.insert_account(connection, account, wanted.login, wanted.name, None)
        await store_roles.give_to_account(connection, account, [ADMIN])
        kept = await self._passwords.hash(wanted.password)
        await store.set_password(connection, account, kept)
        news = events.AccountNews(wanted.login, wanted.name)
        await self._journal.tell(connection, by, events.SET_UP, account, news)
        made = await store.account_by_id(connection, account)
        if made is None:
            raise LinkVoid()
        return await self._sign_ins.open(
            connection, made, SessionKind.BROWSER, Method.PASSWORD, origin
        )
