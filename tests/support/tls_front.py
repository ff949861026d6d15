"""A door with TLS before a server on loopback; a hostile one also changes what passes."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

BLOCK = 65_536


@asynccontextmanager
async def tls_front(
    context: ssl.SSLContext,
    server_port: int,
    change: Callable[[bytes], bytes] = lambda data: data,
) -> AsyncIterator[int]:
    """Forward to the server's port while open; yields this door's port.

    `change` alters each block that the server sends; it must keep the length.
    """

    async def carry(
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        alter: Callable[[bytes], bytes],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(BLOCK):
                writer.write(alter(data))
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection("127.0.0.1", server_port)
        async with asyncio.TaskGroup() as group:
            group.create_task(carry(reader, to_server[1], lambda data: data))
            group.create_task(carry(to_server[0], writer, change))

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as door:
        yield door.sockets[0].getsockname()[1]
