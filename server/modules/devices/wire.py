"""One agent's WebSocket as messages: decoded or refused, and closed with a word of why."""

import asyncio

import msgspec
from aiohttp import WSMsgType, web

from contract.decoding import UNDECODABLE
from contract.link import Down, Goodbye, Up


class Malformed(Exception):
    """The agent said something that is no message, or not at this point."""


class Wire:
    """Sends and receives messages; safe to send from several tasks."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._decode = msgspec.json.Decoder(Up).decode
        self._encode = msgspec.json.Encoder().encode
        self._sending = asyncio.Lock()

    async def receive(self) -> Up | None:
        """Return the next message, or None when the agent has closed. Raises Malformed."""
        message = await self._socket.receive()
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
            return None
        if message.type is WSMsgType.ERROR:
            raise Malformed(str(self._socket.exception()))
        if message.type is not WSMsgType.TEXT:
            raise Malformed("text expected")
        try:
            decoded: Up = self._decode(message.data)
        except UNDECODABLE as error:
            raise Malformed(str(error)) from error
        return decoded

    async def send(self, message: Down) -> None:
        """Send a message."""
        await self.send_bytes(self._encode(message))

    async def send_bytes(self, message: bytes) -> None:
        """Send a message that is encoded already."""
        async with self._sending:
            await self._socket.send_str(message.decode())

    async def close(self, code: int, reason: str, detail: str) -> None:
        """Say why, and close. Does nothing if the socket is closed already."""
        if self._socket.closed:
            return
        try:
            async with asyncio.timeout(2):
                await self.send(Goodbye(reason, detail))
                await self._socket.close(code=code, message=reason.encode())
        except (ConnectionError, TimeoutError):
            pass
