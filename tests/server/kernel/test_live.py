"""News as pages hear them: by topic and permission, resumed without hole or repeat."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from server.kernel.auth import Principal
from server.kernel.database import Database
from server.kernel.journal import Journal, NewEntry
from server.kernel.live import Hub
from server.kernel.live_feed import Feed

FEEDS = [
    Feed(topic="tools", permission="tools.read", kinds=frozenset({"tools.lent"})),
    Feed(topic="pay", permission="pay.read", kinds=frozenset({"pay.raised"})),
]
READER = Principal("token:reader", "reader", frozenset({"tools.read"}))
SECONDS = 15


async def tell(database: Database, journal: Journal, kind: str, *subjects: str) -> None:
    async with database.transaction() as connection:
        await journal.append(
            connection,
            [
                NewEntry(actor="test", module="test", kind=kind, subject=subject, body=b"{}")
                for subject in subjects
            ],
        )


async def always_valid(principal: Principal, credential: str) -> bool:
    return True


@asynccontextmanager
async def a_hub(
    journal: Journal,
    still_valid: Callable[[Principal, str], Awaitable[bool]] = always_valid,
    **options: Any,
) -> AsyncIterator[tuple[Hub, "TestClient[web.Request, web.Application]"]]:
    """Serve a hub to a client that may hear of tools, and not of pay."""
    hub = Hub(journal, FEEDS, still_valid, **options)

    async def serve(request: web.Request) -> web.StreamResponse:
        return hub.serve(request, READER, "credential")

    application = web.Application()
    application.router.add_get("/live", serve)
    running = asyncio.create_task(hub.run())
    try:
        async with TestClient(TestServer(application)) as client:
            yield hub, client
    finally:
        running.cancel()
        await asyncio.wait([running])


async def say(socket: ClientWebSocketResponse, **message: object) -> None:
    await socket.send_str(msgspec.json.encode(message).decode())


async def hear(socket: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """Return the next message, which must be of this type."""
    async with asyncio.timeout(SECONDS):
        message: dict[str, Any] = await socket.receive_json()
    assert message["type"] == kind, message
    return message


async def test_a_page_hears_its_topic_and_no_other(database: Database, journal: Journal) -> None:
    async with a_hub(journal) as (_, client), client.ws_connect("/live") as socket:
        await say(socket, type="subscribe", topic="tools")
        await hear(socket, "subscribed")
        await tell(database, journal, "pay.raised", "boss")
        await tell(database, journal, "tools.lent", "wrench")
        event = await hear(socket, "event")
        assert (event["subject"], event["topics"]) == ("wrench", ["tools"])


async def test_a_topic_without_permission_and_one_that_is_none_are_refused(
    journal: Journal,
) -> None:
    async with a_hub(journal) as (_, client), client.ws_connect("/live") as socket:
        await say(socket, type="subscribe", topic="pay")
        assert (await hear(socket, "refused"))["reason"] == "forbidden"
        await say(socket, type="subscribe", topic="weather")
        assert (await hear(socket, "refused"))["reason"] == "unknown_topic"


async def test_a_page_that_was_away_hears_what_it_missed_once_and_in_order(
    database: Database, journal: Journal
) -> None:
    async with a_hub(journal) as (_, client):
        async with client.ws_connect("/live") as socket:
            await say(socket, type="subscribe", topic="tools")
            begun = await hear(socket, "subscribed")
            await tell(database, journal, "tools.lent", "1")
            seen = (await hear(socket, "event"))["position"]
        await tell(database, journal, "tools.lent", *map(str, range(2, 8)))
        async with client.ws_connect("/live") as socket:
            await say(socket, type="subscribe", topic="tools", after=seen, epoch=begun["epoch"])
            heard: list[str] = []
            await tell(database, journal, "tools.lent", "8", "9")
            while len(heard) < 8:
                async with asyncio.timeout(SECONDS):
                    message = await socket.receive_json()
                if message["type"] == "event":
                    heard.append(message["subject"])
            assert heard == [str(number) for number in range(2, 10)]


async def test_a_position_of_another_history_is_told_to_load_anew(journal: Journal) -> None:
    async with a_hub(journal) as (_, client), client.ws_connect("/live") as socket:
        foreign = "01900000-0000-7000-8000-000000000000"
        await say(socket, type="subscribe", topic="tools", after=5, epoch=foreign)
        await hear(socket, "resync")


async def test_a_page_that_does_not_read_is_dropped_with_the_reason_and_others_hear_on(
    database: Database, journal: Journal
) -> None:
    async with (
        a_hub(journal, max_waiting_bytes=20_000) as (hub, client),
        client.ws_connect("/live") as quick,
        client.ws_connect("/live") as slow,
    ):
        for socket in (quick, slow):
            await say(socket, type="subscribe", topic="tools")
            await hear(socket, "subscribed")
        # Not a byte is read on this socket from now on.
        transport = slow._conn.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.pause_reading()  # type: ignore[attr-defined]
        wide = "x" * 60_000
        heard = 0
        async with asyncio.timeout(SECONDS * 2):
            while hub.dropped == 0:
                await tell(database, journal, "tools.lent", *[wide] * 20)
                for _ in range(20):
                    await hear(quick, "event")
                    heard += 1
        assert heard > 0
        assert hub.dropped == 1
        await tell(database, journal, "tools.lent", "after")
        assert (await hear(quick, "event"))["subject"] == "after"
        transport.resume_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(SECONDS):
            while (last := await slow.receive_json())["type"] == "event":
                pass
        assert last == {"type": "goodbye", "code": "slow"}


@pytest.mark.parametrize("nonsense", ["{", "[]", '{"type":"shout"}', '{"type":"subscribe"}'])
async def test_nonsense_ends_this_page_s_connection_only(journal: Journal, nonsense: str) -> None:
    async with (
        a_hub(journal) as (_, client),
        client.ws_connect("/live") as socket,
        client.ws_connect("/live") as other,
    ):
        await socket.send_str(nonsense)
        async with asyncio.timeout(SECONDS):
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert socket.close_code == 4002
        await say(other, type="ping")
        await hear(other, "pong")


async def test_pages_are_looked_at_again_after_what_may_take_rights_and_nothing_else(
    database: Database, journal: Journal
) -> None:
    looked: list[str] = []

    async def still_valid(principal: Principal, credential: str) -> bool:
        looked.append(credential)
        return False

    async with (
        a_hub(journal, still_valid, recheck_on={"pay.cut"}) as (_, client),
        client.ws_connect("/live") as socket,
    ):
        await say(socket, type="subscribe", topic="tools")
        await hear(socket, "subscribed")
        await tell(database, journal, "pay.raised", "boss")
        await tell(database, journal, "tools.lent", "wrench")
        assert (await hear(socket, "event"))["subject"] == "wrench"
        assert looked == []
        await tell(database, journal, "pay.cut", "clerk")
        assert (await hear(socket, "goodbye"))["code"] == "signed_out"
        assert looked == ["credential"]
