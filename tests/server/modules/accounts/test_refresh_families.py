"""Families of refresh tokens against a plain model: rotation, grace, theft, expiry, revocation."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from server.kernel.auth import Principal
from server.kernel.database import Connection, Database, connect
from server.kernel.journal import Journal
from server.kernel.module import Site
from server.modules.accounts import store, store_apps, store_sessions
from server.modules.accounts.access_tokens import AccessTokens
from server.modules.accounts.app_endings import Ended, end_apps
from server.modules.accounts.apps import Apps
from server.modules.accounts.model import AccountId, Method, SessionId, SessionKind
from server.modules.accounts.oauth_model import Granted
from server.modules.accounts.oauth_problems import TokenRefused
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.rules import SessionPolicy
from server.modules.accounts.sign_in import SignIns
from server.modules.accounts.token_keys import TokenKeys

T = TypeVar("T")
ACCOUNT = AccountId("01a1f732-e9bf-7000-8e89-c103f3a211b6")
SESSION = SessionId("01a1f732-e9bf-7000-8e89-c103f3a211b7")
OWNER = Principal(f"account:{ACCOUNT}", "次郎", frozenset(), ACCOUNT, SESSION)
DAY = 24 * 3600
# Either side of ten seconds and of seven days, and the very moments.
STEPS = [1, 4, 9, 10, 11, 3600, 3 * DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1]


@dataclass
class Family:
    """What the model knows: times are seconds on its own clock."""

    revoked: bool = False
    tokens: list[str] = field(default_factory=list)


@dataclass
class Token:
    family: Family
    id: str  # the family's, as the server has it
    issued: int
    used: int | None = None


class StillSite:
    """A database in one transaction, in which now() stands still, and time is made to pass."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.runner = asyncio.Runner()
        self._context = connect(dsn)
        self.connection: Connection = self.run(self._context.__aenter__())
        database = Database("", self.run(_pool()))
        journal = Journal(database)
        self.journal = journal
        tokens = AccessTokens(TokenKeys(folder), lambda: Site("x", "UTC", "ja"))
        self.tokens = tokens
        self.apps = Apps(journal, SignIns(journal, Passwords(), SessionPolicy()), tokens)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def begin(self) -> None:
        async def work() -> None:
            connection = self.connection
            await connection.execute("begin")
            await store.insert_account(connection, ACCOUNT, "jiro", "次郎", None)
            limits = SessionPolicy().browser
            kind, method = SessionKind.BROWSER, Method.PASSWORD
            await store_sessions.insert_session(
                connection, SESSION, bytes(32), ACCOUNT, kind, method, limits, "", "", None
            )

        self.run(work())

    def pass_time(self, seconds: int) -> None:
        async def work() -> None:
            step = timedelta(seconds=seconds)
            await self.connection.execute(
                "update accounts.refresh set issued_at = issued_at - $1::interval,"
                " expires_at = expires_at - $1::interval, used_at = used_at - $1::interval",
                step,
            )
            await self.connection.execute(
                "update accounts.family set created_at = created_at - $1::interval,"
                " refreshed_at = refreshed_at - $1::interval",
                step,
            )

        self.run(work())

    def close(self) -> None:
        self.run(self._context.__aexit__(None, None, None))
        self.runner.close()


async def _pool() -> "asyncpg.Pool[asyncpg.Record]":
    return asyncpg.create_pool(min_size=0)


class Families(RuleBasedStateMachine):
    """Apps of one person, and everybody who holds a copy of a token."""

    secrets = Bundle("secrets")

    def __init__(self, site: StillSite) -> None:
        super().__init__()
        self.site = site
        self.site.begin()
        self.now = 0
        self.thefts = 0
        self.families: dict[str, Family] = {}
        self.known: dict[str, Token] = {}

    @rule(target=secrets)
    def open(self) -> str:
        granted = self.site.run(self.site.apps.open(self.site.connection, OWNER, "app", ""))
        family = Family()
        return self._learn(granted, family)

    @rule(target=secrets, secret=secrets)
    def refresh(self, secret: str) -> str:
        return self._use(secret)

    @rule(
        target=secrets, secret=secrets, waits=st.lists(st.sampled_from([4, 6, 10, 11]), min_size=1)
    )
    def present_it_again_and_again(self, secret: str, waits: list[int]) -> "MultipleResults[str]":
        given = [self._use(secret)]
        for wait in waits:
            self.pass_time(wait)
            given.append(self._use(secret))
        return multiple(*given)

    def _use(self, secret: str) -> str:
        """Refresh, and check the answer; return the token that came, or the same."""
        token = self.known[secret]
        answer = self.site.run(self.site.apps.refresh(self.site.connection, secret, ""))
        if token.family.revoked:
            assert isinstance(answer, TokenRefused)
        elif token.used is not None and self.now - token.used > 10:
            token.family.revoked = True
            self.thefts += 1
            assert isinstance(answer, TokenRefused)
        elif self.now - token.issued >= 7 * DAY:
            assert isinstance(answer, TokenRefused)
        else:
            assert isinstance(answer, Granted)
            if token.used is None:
                token.used = self.now
            return self._learn(answer, token.family)
        assert answer.error == "invalid_grant"
        return secret

    @rule(seconds=st.sampled_from(STEPS))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds
        self.site.pass_time(seconds)

    @rule(secret=secrets)
    def owner_ends_the_app(self, secret: str) -> None:
        token = self.known[secret]
        if not token.family.revoked:
            work = self.site.apps.revoke(self.site.connection, OWNER, token.id)
            self.site.run(work)
            token.family.revoked = True

    @rule()
    def password_changes(self) -> None:
        site = self.site
        site.run(end_apps(site.journal, site.connection, OWNER.actor, ACCOUNT, Ended.PASSWORD))
        for family in self.families.values():
            family.revoked = True

    @rule(secret=secrets)
    def somebody_guesses(self, secret: str) -> None:
        guess = self.site.apps.refresh(self.site.connection, secret + "x", "")
        assert isinstance(self.site.run(guess), TokenRefused)

    @invariant()
    def access_tokens_work_exactly_while_their_family_lives(self) -> None:
        for id_, family in self.families.items():
            work = store_apps.holder(self.site.connection, id_, ACCOUNT)
            assert (self.site.run(work) is None) == family.revoked

    @invariant()
    def each_theft_is_journaled_once(self) -> None:
        count = self.site.connection.fetchval(
            "select count(*) from journal.entry where kind = 'accounts.refresh_reused'"
        )
        assert self.site.run(count) == self.thefts

    def teardown(self) -> None:
        self.site.run(self.site.connection.execute("rollback"))

    def _learn(self, granted: Granted, family: Family) -> str:
        claims = self.site.run(self.site.tokens.verify(granted.access_token))
        assert claims is not None
        assert self.families.setdefault(claims.sid, family) is family
        assert granted.refresh_token not in self.known
        self.known[granted.refresh_token] = Token(family, claims.sid, self.now)
        return granted.refresh_token


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[StillSite]:
    site = StillSite(database_url, tmp_path)
    yield site
    site.close()


@pytest.mark.timeout(240)
def test_families_do_as_the_model(site: StillSite) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Families(site),
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
