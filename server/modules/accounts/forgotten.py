"""A forgotten password: a link goes to the account's address, if there is one.

Whoever asks is told the same in the same time, whatever they typed: the request only queues a job,
and the job looks the account up. The link's secret is made when it is sent, so no queue holds it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

import msgspec

from contract.ids import new_id
from server.kernel.auth import digest, new_secret
from server.kernel.database import Connection, Database
from server.kernel.i18n import Catalogues
from server.kernel.journal import Journal
from server.kernel.mail import Mailer, MailFailed
from server.kernel.module import Check, Finding
from server.kernel.problems import Problem
from server.kernel.site import SiteKeeper
from server.modules.accounts import events, store, store_mail, store_one_time
from server.modules.accounts.model import Purpose
from server.modules.accounts.sign_in import Origin

SEND = "accounts.send_password_link"
LINK_LASTS = timedelta(hours=1)
MOST_AN_HOUR = 3

# Queue a job's payload in the caller's transaction, unless one of this key is waiting.
Queue = Callable[[Connection, bytes, str], Awaitable[None]]


class MailOff(Problem):
    """This site sends no mail; an admin makes the link."""

    slug = "mail-off"
    status = 409


class Forgotten(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A login or an address, as somebody remembers it."""

    who: Annotated[str, msgspec.Meta(min_length=1, max_length=254, pattern=r"\S")]


class _Asked(msgspec.Struct, frozen=True):
    who: str
    language: str


@dataclass(frozen=True, slots=True)
class _Letter:
    id: str
    to: str
    name: str
    secret: str


class PasswordMail:
    """Sends links to choose a new password; off without a relay, or without the site's own URL.

    The URL comes from the settings: the Host header of a request is whatever its sender likes, and
    would lead the account's owner, with the secret, to a stranger's page.
    """

    def __init__(
        self,
        journal: Journal,
        texts: Catalogues,
        site: SiteKeeper,
        mailer: Mailer | None,
        url: str,
        queue: Queue,
    ) -> None:
        self._journal = journal
        self._texts = texts
        self._site = site
        self._mailer = mailer
        self._url = url.rstrip("/")
        self._queue = queue

    @property
    def is_on(self) -> bool:
        """Whether links can be sent."""
        return self._mailer is not None and bool(self._url)

    async def ask(
        self, connection: Connection, forgotten: Forgotten, language: str, origin: Origin
    ) -> None:
        """Have a link sent to whoever this is, if anybody. Raises MailOff."""
        if not self.is_on:
            raise MailOff()
        who = forgotten.who.strip()
        news = events.SignInNews(who[:60], "mail", origin.address, origin.user_agent)
        await self._journal.tell(connection, "nobody", events.RESET_ASKED, who[:60], news)
        payload = msgspec.json.encode(_Asked(who, language))
        await self._queue(connection, payload, f"{SEND}:{sha256(who.lower().encode()).hexdigest()}")

    async def send(self, database: Database, payload: bytes) -> None:
        """Make the link and send it: the job. Raises MailFailed; a repeat makes a fresh link."""
        asked = msgspec.json.decode(payload, type=_Asked)
        mailer = self._mailer
        if mailer is None or not self._url:
            return
        letter = await database.run(lambda connection: self._write(connection, asked.who))
        if letter is None:
            return
        words = {
            "site": self._site.site.name,
            "name": letter.name,
            "link": f"{self._url}/#password={letter.secret}",
        }
        subject = self._texts.text(asked.language, "accounts-mail-subject", **words)
        text = self._texts.text(asked.language, "accounts-mail-text", **words)
        try:
            await mailer.send(letter.to, subject, text)
        except MailFailed:
            # What did not arrive is not counted.
            await database.run(lambda connection: store_mail.delete_letter(connection, letter.id))
            raise

    async def _write(self, connection: Connection, who: str) -> _Letter | None:
        account = await store_mail.account_by_login_or_email(connection, who)
        if account is None or account.disabled or account.email is None:
            return None
        await store.account_by_id(connection, account.id, lock=True)
        if await store_mail.count_letters(connection, account.id) >= MOST_AN_HOUR:
            return None
        letter = _Letter(new_id(), account.email, account.name, new_secret())
        await store_mail.insert_letter(connection, letter.id, account.id)
        # A link that an admin handed out stays good: strangers can ask for this one.
        await store_one_time.add_one_time(
            connection, digest(letter.secret), Purpose.PASSWORD, account.id, LINK_LASTS
        )
        news = events.AccountNews(
            account.login, account.name, after={"purpose": Purpose.PASSWORD, "by": "mail"}
        )
        await self._journal.tell(connection, "nobody", events.LINK_MADE, account.id, news)
        return letter

    def check(self) -> Check:
        """Return the check that finds a relay without the URL that links need."""

        async def run(_: Connection) -> Finding | None:
            return Finding("warning") if self._mailer is not None and not self._url else None

        return Check("mail", run)
