"""What the command line does, one function a command; each returns the exit code."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from server.app import assemble
from server.front_door.admin_api import CaddyRefused, CaddyUnreachable
from server.front_door.authority import NotACertificate
from server.kernel.database import Connection, Database
from server.kernel.journal import Journal
from server.kernel.migrations import migrate
from server.log import log_to_stderr
from server.modules.accounts import store
from server.modules.accounts.model import OneTimeLink, Purpose
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.rules import SessionPolicy
from server.modules.accounts.sign_in import SignIns
from server.modules.devices.model import ENROLMENT_HOURS, EnrolmentDraft
from server.modules.system.service import System
from server.serving import NotMigrated, Server, open_app, openapi_document, refuse_unmigrated
from server.settings import HttpSettings, Settings
from server.shipped import catalogues, migration_sources, read_shipped
from server.systemd import Notifier

ACTOR = "command-line"
# Answers under way get this long after SIGTERM. aiohttp waits twice: before it cancels a handler
# and after; so a page that never answers our goodbye costs 3 s.
DRAIN_SECONDS = 1.5

_log = logging.getLogger(__name__)


class CommandFailed(Exception):
    """The command could not be done; the text is for whoever typed it."""


async def serve(settings: Settings, dsn: str) -> int:
    """Run the server until SIGTERM or SIGINT."""
    log_to_stderr(settings.log.level)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    notifier = Notifier()
    try:
        with _bind(settings.http) as listening:
            async with open_app(settings, dsn, await asyncio.to_thread(read_shipped)) as server:
                await _serve(server, listening, notifier, stopping)
    except NotMigrated as error:
        raise CommandFailed(str(error)) from error
    return 0


async def _serve(
    server: Server, listening: socket.socket, notifier: Notifier, stopping: asyncio.Event
) -> None:
    runner = web.AppRunner(server.application, access_log=None, shutdown_timeout=DRAIN_SECONDS)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        host, port = listening.getsockname()[:2]
        async with asyncio.TaskGroup() as group:
            watchdog = group.create_task(notifier.feed_watchdog())
            notifier.send("READY=1")
            await _offer_setup(server, f"http://localhost:{port}")
            _log.info("serving", extra={"address": f"http://{host}:{port}"})
            await stopping.wait()
            _log.info("stopping")
            notifier.send("STOPPING=1")
            watchdog.cancel()
        await server.say_goodbye()
    finally:
        await runner.cleanup()


async def _offer_setup(server: Server, address: str) -> None:
    """Print the setup link until the site has an admin: to the terminal, not into the log."""
    parts = server.parts

    async def work(connection: Connection) -> OneTimeLink | None:
        if await parts.first_run.is_done(connection):
            return None
        return await parts.first_run.make_link(connection)

    link = await server.database.run(work)
    if link is not None:
        print(f"\n  Set this site up:  {address}{link.path}\n", flush=True)


def _bind(http: HttpSettings) -> socket.socket:
    """Take the port before anything else is done; nobody is answered until the server is open."""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        return socket.create_server(
            (http.host, http.port), family=family, backlog=128, reuse_port=http.share_port
        )
    except OSError as error:
        raise CommandFailed(
            f"cannot listen on {http.host}:{http.port}: {error.strerror};"
            " set http.port to another one"
        ) from error


async def migrate_database(dsn: str, *, dry_run: bool) -> int:
    """Bring the database up to this version, and say what was done."""
    report = await migrate(dsn, migration_sources(), dry_run=dry_run)
    for migration in report.applied:
        print(f"{migration}: {migration.intent}")
    done = "would be applied" if dry_run else "applied"
    print(f"{len(report.applied)} migrations {done}")
    return 0


async def setup_link(settings: Settings, dsn: str) -> int:
    """Print a link with which the first admin sets the site up."""
    async with database_of(dsn) as (database, _):
        first_run = assemble(settings, database, await asyncio.to_thread(catalogues)).first_run
        link = await database.run(first_run.make_link)
    print(_address(settings) + link.path)
    return 0


async def account_link(settings: Settings, dsn: str, login: str, purpose: Purpose) -> int:
    """Print a one-time link for an account."""
    async with database_of(dsn) as (database, journal):
        sign_ins = SignIns(journal, Passwords(), SessionPolicy())

        async def work(connection: Connection) -> OneTimeLink:
            account = await store.account_by_login(connection, login)
            if account is None:
                raise CommandFailed(f"there is no account {login}")
            return await sign_ins.make_link(connection, ACTOR, account, purpose)

        link = await database.run(work)
    print(_address(settings) + link.path)
    return 0


async def remove_second_factor(settings: Settings, dsn: str, login: str) -> int:
    """Remove an account's second factors and passkeys: the way back in when all are lost."""
    async with database_of(dsn) as (database, _):
        factors = assemble(settings, database, await asyncio.to_thread(catalogues)).factors

        async def work(connection: Connection) -> None:
            account = await store.account_by_login(connection, login)
            if account is None:
                raise CommandFailed(f"there is no account {login}")
            await factors.forget(connection, ACTOR, account)

        await database.run(work)
    print(f"{login}: no second factor any more; whoever was signed in is signed out")
    return 0


def _address(settings: Settings) -> str:
    host = "localhost" if settings.http.host == "127.0.0.1" else settings.http.host
    return f"http://{host}:{settings.http.port}"


async def token(dsn: str, name: str, days: int | None) -> int:
    """Print a fresh token, and nothing else, on standard output."""
    if not name.strip() or len(name) > 100:
        raise CommandFailed("the name must have 1 to 100 characters")
    if days is not None and not 1 <= days <= 36_500:
        raise CommandFailed("--days must be between 1 and 36500")
    async with database_of(dsn) as (database, journal):
        system = System(journal)

        async def work(connection: Connection) -> str:
            return await system.create_token(connection, ACTOR, name.strip(), days=days)

        secret = await database.run(work)
    print(secret)
    print("It cannot be shown again.", file=sys.stderr)
    return 0


async def enrol(settings: Settings, dsn: str, name: str, place: str) -> int:
    """Print a one-time enrolment token, and nothing else, on standard output."""
    try:
        draft = msgspec.convert({"name": name, "place": place}, EnrolmentDraft)
    except msgspec.ValidationError as error:
        raise CommandFailed(str(error)) from error
    async with database_of(dsn) as (database, _):
        parts = assemble(settings, database, await asyncio.to_thread(catalogues))
        await asyncio.to_thread(parts.identity.load)
        if parts.front_door is not None:
            try:
                await parts.front_door.learn()
            except (CaddyUnreachable, CaddyRefused, NotACertificate) as error:
                raise CommandFailed(f"the front door does not tell its CA: {error}") from error

        async def work(connection: Connection) -> str:
            return (await parts.enrolments.create(connection, ACTOR, draft)).token

        secret = await database.run(work)
    print(secret)
    print(
        f"Valid once, for {ENROLMENT_HOURS} hours. On the agent: genba-agent enrol --token TOKEN",
        file=sys.stderr,
    )
    return 0


async def openapi() -> int:
    """Print the API's description; needs no database."""
    sys.stdout.buffer.write(await openapi_document() + b"\n")
    return 0


@asynccontextmanager
async def database_of(dsn: str) -> AsyncGenerator[tuple[Database, Journal], None]:
    """Open a migrated database for one command. Raises CommandFailed."""
    async with Database.open(dsn, max_size=2) as database:
        try:
            await refuse_unmigrated(database)
        except NotMigrated as error:
            raise CommandFailed(str(error)) from error
        yield database, Journal(database)
