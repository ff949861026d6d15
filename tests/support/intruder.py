"""Somebody in the middle: answers by TLS in a server's place, and notes all that it is told."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.namespaces import Host

BLOCK = 65_536


class Intruder:
    """`knocks` counts connections; `heard` is what came through TLS."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.knocks = 0
        self.heard = b""

    @asynccontextmanager
    async def open(self, host: Host, port: int = 443) -> AsyncIterator["Intruder"]:
        """Listen on this host until the block ends."""
        async with await asyncio.start_server(self._serve, sock=host.listening(port)):
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocks += 1
        with contextlib.suppress(OSError):
            await writer.start_tls(self._context)
            while data := await reader.read(BLOCK):
                self.heard += data
        writer.close()
