"""An agent reduced to its wire: says exactly what a test wants said."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from agent.greeting import Greeting
from agent.identity import Identity, new_private_key, public_key
from contract.ids import EventId, QueueEpoch, new_id
from contract.link import PROTOCOL, Ack, Challenge, Changes, Down, Hello, Welcome
from contract.moment import Clock
from contract.pairing import EnrolAnswer

BOOT = "boot-of-the-test"


class Place(Protocol):
    """A server, whether in this process or in another, and an admin's way to it."""

    @property
    def port(self) -> int:
        """Where it listens on loopback."""

    async def post(self, path: str, body: object, status: int) -> Any:
        """Return the JSON of a POST that must be answered so."""


class RawLink:
    """One link, spoken by hand."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._decode = msgspec.json.Decoder(Down).decode
        self.epoch = QueueEpoch(new_id())
        self.changes: list[Changes] = []

    async def say(self, message: object) -> None:
        text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
        await self._socket.send(text)

    async def hear(self, kind: type[Any]) -> Any:
        """Return the next message of this kind; Changes are collected on the way."""
        while True:
            message = self._decode(await self._socket.recv())
            if isinstance(message, Changes):
                self.changes.append(message)
            if isinstance(message, kind):
                return message

    async def snapshot(self) -> list[Changes]:
        """Wait for the whole snapshot."""
        while not self.changes or self.changes[-1].more:
            await self.hear(Changes)
        return self.changes

    async def send_rows(self, *rows: dict[str, Any]) -> Ack:
        """Send one batch and return its ack."""
        await self.say({"type": "events", "queue_epoch": self.epoch, "rows": rows})
        ack: Ack = await self.hear(Ack)
        return ack

    async def closed(self) -> int:
        """Wait until the server closes the link; return the code."""
        await self._socket.wait_closed()
        return self._socket.close_code or 0


def row(seq: int, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a row as an agent sends it; its id is fresh unless given."""
    return {
        "id": EventId(new_id()),
        "seq": seq,
        "at": {
            "boot": BOOT,
            "mono_us": time.monotonic_ns() // 1000,
            "wall_us": time.time_ns() // 1000,
            "clock": "known",
        },
        "body": body,
        **changes,
    }


async def enrolled(place: Place, name: str) -> Identity:
    """Enrol an agent over HTTP and return who it is."""
    key = new_private_key()
    enrolment = await place.post("/api/v1/devices/enrolments", {"name": name}, 201)
    answer = msgspec.convert(
        await place.post(
            "/api/v1/devices/enrol",
            msgspec.to_builtins({"token": enrolment["token"], "agent_key": public_key(key)}),
            200,
        ),
        EnrolAnswer,
    )
    return Identity(answer.agent, answer.name, key, answer.site_key)


@asynccontextmanager
async def opened(
    place: Place, address: str = "127.0.0.1"
) -> AsyncIterator[tuple[RawLink, Challenge]]:
    """Open a link from this address of this machine and hear the challenge."""
    async with connect(
        f"ws://127.0.0.1:{place.port}/link",
        proxy=None,
        max_size=None,
        local_addr=(address, 0),
    ) as socket:
        link = RawLink(socket)
        yield link, await link.hear(Challenge)


def hello_of(link: RawLink) -> Hello:
    """Return a hello without any proof."""
    return Hello(
        protocol=PROTOCOL,
        version="test",
        queue_epoch=link.epoch,
        boot=BOOT,  # type: ignore[arg-type]
        mono_us=time.monotonic_ns() // 1000,
        wall_us=time.time_ns() // 1000,
        clock=Clock.KNOWN,
    )


@asynccontextmanager
async def linked(place: Place, identity: Identity, **hello: Any) -> AsyncIterator[RawLink]:
    """Open a link, prove the key, and hear the welcome and its proof."""
    async with opened(place) as (link, challenge):
        greeting = Greeting(identity, challenge)
        await link.say(greeting.signed(msgspec.structs.replace(hello_of(link), **hello)))
        greeting.checked(await link.hear(Welcome))
        yield link
