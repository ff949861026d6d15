"""A server that is open: HTTP, pages, links and services on one database."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial

import asyncpg
from aiohttp import web

from contract.release import VERSION
from server.app import Parts, assemble
from server.front_door.trust_page import TrustPage
from server.kernel.caller import BEHIND_FRONT_DOOR
from server.kernel.database import Database
from server.kernel.edge import edge
from server.kernel.gateway import Gateway, credential_of, refuse_foreign_origin
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.kernel.limits import Policy
from server.kernel.live import Hub
from server.kernel.migrations import pending_migrations
from server.kernel.openapi import describe, encode
from server.kernel.problems import Unauthenticated
from server.kernel.rate_limits import (
    ADDRESS,
    ANONYMOUS,
    HANDSHAKE,
    PAIRING,
    SIGN_IN,
    USER,
    RateLimits,
)
from server.kernel.static import StaticFiles
from server.modules.devices.link import Link
from server.network_settings import LimitSettings
from server.settings import Settings
from server.shipped import Shipped, catalogues, migration_sources


class NotMigrated(Exception):
    """The database lacks migrations; `genba-server migrate` applies them."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is open: its HTTP application, and how to say goodbye to those connected."""

    application: web.Application
    database: Database
    parts: Parts

    async def say_goodbye(self) -> None:
        """Tell pages and agents that the server goes away; they come back by themselves."""
        await asyncio.gather(self.parts.hub.close(), self.parts.link.close())


async def refuse_unmigrated(database: Database) -> None:
    """Raise NotMigrated, MigrationChanged or DatabaseNewer unless code and database agree."""
    async with database.connection() as connection:
        pending = await pending_migrations(connection, migration_sources())
    if pending:
        raise NotMigrated(
            f"the database lacks {len(pending)} migrations (first: {pending[0]});"
            " run genba-server migrate"
        )


@asynccontextmanager
async def open_app(settings: Settings, dsn: str, shipped: Shipped) -> AsyncGenerator[Server, None]:
    """Build the server, run its services meanwhile, and close all of it in reverse.

    Raises DatabaseUnavailable, NotMigrated, MigrationChanged, DatabaseNewer, ModuleError.
    """
    async with AsyncExitStack() as stack:
        pool_max = settings.database.pool_max
        database = await stack.enter_async_context(Database.open(dsn, max_size=pool_max))
        await refuse_unmigrated(database)
        texts = shipped.texts
        parts = assemble(settings, database, texts)
        await asyncio.to_thread(parts.identity.load)
        await parts.site.load()
        permissions = [permission for m in parts.modules for permission in m.permissions]
        await database.run(lambda connection: parts.accounts.seed(connection, permissions))
        gateway = Gateway(database, texts, parts.identities.identify, _rate_limits(settings.limits))
        application = web.Application(middlewares=[edge(gateway, parts.http.note)])
        application[BEHIND_FRONT_DOOR] = settings.front_door.enabled
        for group in parts.routes.values():
            for route in group:
                gateway.mount(application, route)
        gateway.mount(application, _description(parts))
        application.router.add_get(f"{API}/live", _live(database, gateway, parts.hub))
        application.router.add_get("/link", _link(gateway, parts.link))
        if (front_door := parts.front_door) is not None:
            page = await asyncio.to_thread(
                TrustPage, texts, lambda: front_door.authority, front_door.door.url
            )
            page.mount(application)
        StaticFiles(shipped.assets).mount(application)

        running = await stack.enter_async_context(asyncio.TaskGroup())
        services = running.create_task(parts.services.run(), name="services")
        stack.callback(services.cancel)
        yield Server(application, database, parts)


async def openapi_document() -> bytes:
    """Return the API's description; its database is never connected to."""
    unused = Database("", asyncpg.create_pool())
    return describe_api(assemble(Settings(), unused, await asyncio.to_thread(catalogues)))


def describe_api(parts: Parts) -> bytes:
    """Return the API's description as JSON text."""
    return encode(describe("Genba", VERSION, parts.routes))


def _description(parts: Parts) -> Route:
    # Written when it is first asked for: it would be a third of the work of a start.
    document = cache(partial(describe_api, parts))

    async def show(_: Call[Nothing, Nothing]) -> Reply:
        return Reply(await asyncio.to_thread(document))

    return Route("GET", f"{API}/openapi.json", None, show, "This description", answer=bytes)


def _live(
    database: Database, gateway: Gateway, hub: Hub
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        gateway.limits.take_for_address(request, HANDSHAKE)
        refuse_foreign_origin(request)
        async with database.connection() as connection:
            principal = await gateway.authenticate(connection, request)
        credential = credential_of(request)
        if credential is None:
            raise Unauthenticated()
        return hub.serve(request, principal, credential)

    return serve


def _link(gateway: Gateway, link: Link) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        gateway.limits.take_for_address(request, HANDSHAKE)
        return await link.serve(request)

    return serve


def _rate_limits(wanted: LimitSettings) -> RateLimits:
    quotas = {
        ADDRESS: wanted.address_per_minute,
        ANONYMOUS: wanted.anonymous_per_minute,
        USER: wanted.user_per_minute,
        SIGN_IN: wanted.sign_in_per_minute,
        PAIRING: wanted.pairing_per_minute,
        HANDSHAKE: wanted.handshake_per_minute,
    }
    return RateLimits(
        {name: Policy(name, quota) for name, quota in quotas.items()} if wanted.enabled else {}
    )
