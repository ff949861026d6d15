"""The yardstick of the lists: a bare aiohttp handler over asyncpg, in a process of its own.

It runs the product's SQL, with arguments written out beforehand, on a pool of the same size and
settings, and encodes the rows by msgspec under the same names. It does not ask who calls, decodes
no query, checks nothing, measures nothing, and adds no header.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from aiohttp import web

from server.kernel.database import SESSION_SETTINGS


class Bare(msgspec.Struct, frozen=True):
    """What it serves at `/`: the first `shown` rows of the statement, and the mark of a page."""

    dsn: str
    pool: int
    sql: str
    arguments: list[Any]
    shown: int


@asynccontextmanager
async def open_bare(bare: Bare) -> AsyncIterator[int]:
    """Start the handler, yield its port, and end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scripts.benchmarks.bare_list",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(msgspec.json.encode(bare) + b"\n")
        yield int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _serve(bare: Bare) -> None:
    pool = await asyncpg.create_pool(
        bare.dsn, min_size=1, max_size=bare.pool, server_settings=SESSION_SETTINGS
    )

    async def show(_: web.Request) -> web.Response:
        rows = await pool.fetch(bare.sql, *bare.arguments)
        items = [dict(row) for row in rows[: bare.shown]]
        page = {"items": items, "next": "-" * 100 if len(rows) > bare.shown else None}
        return web.Response(
            body=msgspec.json.encode(page | {"total": None}), content_type="application/json"
        )

    application = web.Application()
    application.router.add_get("/", show)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(msgspec.json.decode(sys.stdin.buffer.readline(), type=Bare)))
