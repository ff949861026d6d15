"""Answers too long to hold: written while they are read."""

from collections.abc import AsyncIterator

from aiohttp import web

from server.kernel.database import Database
from server.kernel.http import Stream


async def streamed(request: web.Request, database: Database, stream: Stream) -> web.Response:
    """Return the answer once its first part is there: what is wrong at once can be refused still.

    A later error breaks the answer off, so that nobody takes it for whole.
    """
    headers = {
        "Content-Type": f"{stream.media_type}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{stream.filename}"',
        "Cache-Control": "no-store",
    }
    if request.method == "HEAD":
        return web.Response(headers=headers)
    parts = aiter(stream.write(database))
    first = await anext(parts, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for part in parts:
            yield part

    return web.Response(body=whole(), headers=headers)
