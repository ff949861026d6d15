"""A database on this host's loopback, for a process whose loopback is another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit


@asynccontextmanager
async def by_socket(dsn: str, folder: Path) -> AsyncIterator[str]:
    """Lend a DSN of the same database by a socket in the folder: files know no network."""
    parts = urlsplit(dsn)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(_pass_on(reader, onward), _pass_on(there, writer))

    server = await asyncio.start_unix_server(relay, folder / ".s.PGSQL.5432")
    try:
        user = parts.netloc.rpartition("@")[0]
        yield f"postgresql://{user}@{parts.path}?host={folder}&port=5432"
    finally:
        server.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
