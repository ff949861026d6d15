"""The link against a server at the wire."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest

from agent.backoff import Backoff
from agent.clock import BootClock, Reading
from agent.identity import Identity, is_signed, new_private_key, public_key
from agent.link import Link
from agent.link_status import LinkState, LinkStatus, Problem
from agent.outbox import Draft, Outbox
from agent.replica import Replica
from agent.replica_file import ReplicaFile
from agent.server_address import ServerAddress, read_address
from contract.facts import CardUnknown
from contract.ids import BootId, EventId
from contract.link import (
    CLOSE_PROTOCOL,
    MAX_BATCH_ROWS,
    MAX_MESSAGE_BYTES,
    PROTOCOL,
    Ack,
    Goodbye,
    Heartbeat,
    NewEpoch,
    RowAnswer,
    RowStatus,
)
from contract.moment import Clock
from support.certificates import authority
from support.link_server import LONG_ENOUGH, SITE_PRIVATE, LinkServer, identity_here
from support.workshop import (
    NOON_US,
    WRENCH_CARD,
    YAMADA_CARD,
    event_id,
    item,
    moment,
    person,
    snapshot,
)

HERE = BootId("boot-of-the-test")


class AgentSide:
    """Outbox, replica and link, with what the link last said of itself."""

    def __init__(
        self,
        outbox: Outbox,
        replica: Replica,
        file: ReplicaFile,
        url: str,
        backoff: Backoff | None = None,
        steady_seconds: float = 10,
    ) -> None:
        self.outbox = outbox
        self.replica = replica
        self.synchronised = False
        now = time.time_ns() // 1_000
        self.clock = BootClock(HERE, lambda: Reading(5_000_000, now, self.synchronised))
        self.identity: Identity | None = identity_here()
        self.url = url
        self.where: ServerAddress | None = None
        self.status = LinkStatus()
        self._news = asyncio.Condition()
        self._changes = asyncio.Event()
        self.link = Link(
            "1.2.3",
            self._who,
            lambda _: self.where or read_address(self.url),
            outbox,
            replica,
            file,
            self.clock,
            self._heartbeat,
            self._changed,
            backoff or Backoff(0.01, 0.05),
            steady_seconds,
        )

    async def _who(self) -> Identity | None:
        return self.identity

    def _heartbeat(self, oldest_us: int | None) -> Heartbeat:
        return Heartbeat(HERE, 1, 2, waiting=self.outbox.count, oldest_us=oldest_us)

    def _changed(self, status: LinkStatus) -> None:
        self.status = status
        self._changes.set()

    async def reached(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(LONG_ENOUGH):
            while not what():
                self._changes.clear()
                await self._changes.wait()

    async def append(self, number: int = 1) -> list[EventId]:
        drafts = [Draft(event_id(), CardUnknown(YAMADA_CARD)) for _ in range(number)]
        return [fact.id for fact in await self.outbox.append(drafts, moment())]


@pytest.fixture
async def server() -> AsyncIterator[LinkServer]:
    async with LinkServer().open() as opened:
        yield opened


@pytest.fixture
async def side(server: LinkServer, tmp_path: Path) -> AsyncIterator[AgentSide]:
    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(Outbox.open(tmp_path / "outbox.db"))
        replica = Replica()
        file = await stack.enter_async_context(ReplicaFile.open(tmp_path / "replica.db", replica))
        made = AgentSide(outbox, replica, file, server.url)
        running = asyncio.create_task(made.link.run())
        try:
            yield made
        finally:
            running.cancel()
            await asyncio.wait([running])
            assert running.cancelled(), "the link ended by itself"


async def test_it_introduces_itself_and_goes_online(side: AgentSide, server: LinkServer) -> None:
    await side.reached(lambda: side.status.online)
    (hello,) = server.hellos
    assert (hello.protocol, hello.version) == (PROTOCOL, "1.2.3")
    assert hello.queue_epoch == side.outbox.epoch
    assert side.identity is not None
    assert hello.agent == side.identity.agent
    ((claim, signature),) = server.signed
    assert is_signed(claim, signature, public_key(side.identity.private_key))
    assert (side.status.agent, side.status.site) == ("門番", "本社工場")
    assert side.status.problem is Problem.NONE


async def test_a_row_is_sent_at_once_and_deleted_after_its_answer(
    side: AgentSide, server: LinkServer
) -> None:
    await side.reached(lambda: side.status.online)
    ids = await side.append()
    await side.reached(lambda: side.outbox.count == 0)
    assert server.ids() == ids
    assert server.batches[0].queue_epoch == side.outbox.epoch


async def test_a_thousand_rows_go_in_order_in_batches_that_fit(
    side: AgentSide, server: LinkServer
) -> None:
    server.refuses = HTTPStatus.SERVICE_UNAVAILABLE
    ids: list[EventId] = []
    for _ in range(5):
        ids += await side.append(MAX_BATCH_ROWS // 2)
    server.refuses = None
    await side.reached(lambda: side.outbox.count == 0)
    assert server.ids() == ids
    assert max(len(batch.rows) for batch in server.batches) <= MAX_BATCH_ROWS
    assert max(sum(map(len, batch.rows)) for batch in server.batches) < MAX_MESSAGE_BYTES
    assert [fact.seq for fact in server.facts] == list(range(1, len(ids) + 1))


async def test_one_batch_is_in_flight_at_a_time(side: AgentSide, server: LinkServer) -> None:
    server.answers = False
    await side.reached(lambda: side.status.online)
    first = await side.append()
    await server.seen(lambda: len(server.batches) == 1)
    second = await side.append()
    await server.send(Ack((RowAnswer(first[0], RowStatus.APPLIED),)))
    await server.seen(lambda: len(server.batches) == 2)
    assert server.ids() == first + second


async def test_without_an_answer_the_row_is_sent_again_and_never_deleted(
    side: AgentSide, server: LinkServer
) -> None:
    server.answers = False
    ids = await side.append()
    await server.seen(lambda: len(server.batches) == 1)
    await server.sockets[-1].close()
    await server.seen(lambda: len(server.batches) == 2)
    assert server.ids() == ids * 2
    assert side.outbox.count == 1
    await server.send(Ack((RowAnswer(ids[0], RowStatus.CONFLICT),)))
    await side.reached(lambda: side.outbox.count == 0)


@pytest.mark.parametrize("status", [RowStatus.CONFLICT, RowStatus.QUARANTINED])
async def test_any_answer_is_final(side: AgentSide, server: LinkServer, status: RowStatus) -> None:
    server.answers = False
    ids = await side.append()
    await server.seen(lambda: len(server.batches) == 1)
    await server.send(Ack((RowAnswer(ids[0], status, "because"),)))
    await side.reached(lambda: side.outbox.count == 0)


async def test_an_answer_to_a_row_that_is_not_here_harms_nothing(
    side: AgentSide, server: LinkServer
) -> None:
    await side.reached(lambda: side.status.online)
    await server.send(Ack((RowAnswer(event_id(), RowStatus.APPLIED),)))
    await side.append()
    await side.reached(lambda: side.outbox.count == 0)


async def test_a_new_epoch_numbers_the_rows_anew_and_sends_them_again(
    side: AgentSide, server: LinkServer
) -> None:
    await side.reached(lambda: side.status.online)
    await side.append(3)
    await side.reached(lambda: side.outbox.count == 0)
    server.answers = False
    ids = await side.append(2)
    await server.seen(lambda: len(server.facts) == 5)
    old = side.outbox.epoch
    server.answers = True
    await server.send(NewEpoch("number seen with another id"))
    await side.reached(lambda: side.outbox.count == 0)
    assert side.outbox.epoch != old
    assert server.ids()[-2:] == ids
    assert [fact.seq for fact in server.facts[-2:]] == [1, 2]
    assert server.batches[-1].queue_epoch == side.outbox.epoch


async def test_rows_and_answers_reach_the_replica(side: AgentSide, server: LinkServer) -> None:
    await side.reached(lambda: side.status.online)
    await server.send(snapshot(person(), item(), position=12))
    await side.reached(lambda: side.replica.holder(WRENCH_CARD) is not None)
    newer = item("付け直した名前", version=2)
    await server.send(Ack((), (newer,)))
    await side.reached(lambda: side.replica.item(newer.id) == newer)
    await server.sockets[-1].close()
    await server.seen(lambda: len(server.hellos) == 2)
    assert (server.hellos[1].journal_epoch, server.hellos[1].position) == ("journal-1", 12)


async def test_the_greeting_teaches_the_time(side: AgentSide, server: LinkServer) -> None:
    server.server_us = NOON_US
    await side.reached(lambda: side.status.online)
    assert side.outbox.offsets == {HERE: NOON_US - 5_000_000}
    assert side.clock.now().clock is Clock.KNOWN
    assert side.clock.now().wall_us == NOON_US


async def test_rows_noted_before_the_time_was_known_are_corrected(
    side: AgentSide, server: LinkServer
) -> None:
    server.server_us = NOON_US
    server.refuses = HTTPStatus.BAD_GATEWAY
    draft = Draft(event_id(), CardUnknown(YAMADA_CARD))
    await side.outbox.append([draft], moment(4_000_000, Clock.UNKNOWN, HERE))
    await side.outbox.append(
        [Draft(event_id(), CardUnknown(YAMADA_CARD))], moment(1, Clock.UNKNOWN, BootId("earlier"))
    )
    server.refuses = None
    await server.seen(lambda: len(server.facts) == 2)
    now, earlier = [fact.at for fact in server.facts]
    assert (now.clock, now.wall_us) == (Clock.KNOWN, NOON_US - 1_000_000)
    assert earlier.clock is Clock.UNKNOWN


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (HTTPStatus.UNAUTHORIZED, Problem.UNAUTHORIZED),
        (HTTPStatus.FORBIDDEN, Problem.UNAUTHORIZED),
        (HTTPStatus.TOO_MANY_REQUESTS, Problem.UNREACHABLE),
        (HTTPStatus.NOT_FOUND, Problem.UNREACHABLE),
        (HTTPStatus.INTERNAL_SERVER_ERROR, Problem.UNREACHABLE),
    ],
)
async def test_a_refusal_deletes_nothing_and_is_told(
    side: AgentSide, server: LinkServer, status: HTTPStatus, problem: Problem
) -> None:
    server.refuses = status
    ids = await side.append()
    await side.reached(lambda: side.status.problem is problem)
    assert side.outbox.count == 1
    server.refuses = None
    await side.reached(lambda: side.outbox.count == 0)
    assert server.ids() == ids


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("unauthorized", Problem.UNAUTHORIZED),
        ("version", Problem.VERSION),
        ("anything_new", Problem.UNREACHABLE),
    ],
)
async def test_a_goodbye_is_told_and_deletes_nothing(
    side: AgentSide, server: LinkServer, code: str, problem: Problem
) -> None:
    server.answers = False
    await side.append()
    await server.seen(lambda: len(server.batches) == 1)
    server.greets = False
    await server.send(Goodbye(code))
    await side.reached(lambda: side.status.problem is problem)
    assert side.outbox.count == 1


async def test_the_protocols_close_code_is_told_as_a_version_problem(
    side: AgentSide, server: LinkServer
) -> None:
    await side.reached(lambda: side.status.online)
    server.greets = False
    await server.sockets[-1].close(CLOSE_PROTOCOL)
    await side.reached(lambda: side.status.problem is Problem.VERSION)


@pytest.mark.parametrize(
    "noise", ["not json", "{}", '{"type":"ack"}', '{"type":"telepathy"}', b"\xff\x00", "[" * 5_000]
)
async def test_a_malformed_message_ends_the_connection_and_nothing_else(
    side: AgentSide, server: LinkServer, noise: str | bytes
) -> None:
    await side.reached(lambda: side.status.online)
    await server.sockets[-1].send(noise)
    await server.seen(lambda: len(server.hellos) == 2)
    await side.append()
    await side.reached(lambda: side.outbox.count == 0)


async def test_without_a_key_it_waits_and_says_so_until_there_is_one(
    side: AgentSide, server: LinkServer
) -> None:
    await side.reached(lambda: side.status.online)
    side.identity = None
    await server.sockets[-1].close()
    await side.reached(lambda: side.status.state is LinkState.NOT_ENROLLED)
    assert side.status.problem is Problem.NOT_ENROLLED
    side.identity = identity_here("agent-2")
    await side.reached(lambda: side.status.online)
    assert server.hellos[-1].agent == "agent-2"


async def test_a_server_with_another_key_gets_no_hello_and_no_row(
    side: AgentSide, server: LinkServer
) -> None:
    server.site_private = new_private_key()
    ids = await side.append()
    await side.reached(lambda: side.status.problem is Problem.OTHER_SITE)
    assert (server.hellos, server.batches) == ([], [])
    server.site_private = SITE_PRIVATE
    await side.reached(lambda: side.outbox.count == 0)
    assert server.ids() == ids


async def test_a_server_that_only_claims_the_pinned_key_gets_no_row(
    side: AgentSide, server: LinkServer
) -> None:
    server.proves = False
    await side.append()
    await side.reached(lambda: side.status.problem is Problem.OTHER_SITE)
    assert server.hellos
    assert not server.batches
    assert side.outbox.count == 1


async def test_no_hello_is_signed_twice_the_same(side: AgentSide, server: LinkServer) -> None:
    await side.reached(lambda: side.status.online)
    await server.sockets[-1].close()
    await server.seen(lambda: len(server.hellos) == 2)
    first, second = server.hellos
    assert first.nonce != second.nonce
    assert first.signature != second.signature


@asynccontextmanager
async def behind_tls(
    folder: Path, context: ssl.SSLContext, ca: str
) -> AsyncIterator[tuple[AgentSide, LinkServer]]:
    """A link to a name that only its address is known of, and whose CA is pinned."""
    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(Outbox.open(folder / "outbox.db"))
        replica = Replica()
        file = await stack.enter_async_context(ReplicaFile.open(folder / "replica.db", replica))
        server = await stack.enter_async_context(LinkServer().open(tls=context))
        side = AgentSide(outbox, replica, file, "")
        side.identity = msgspec.structs.replace(identity_here(), ca=ca)
        side.where = ServerAddress(True, "honsha.local", "127.0.0.1", server.port)
        running = asyncio.create_task(side.link.run())
        try:
            yield side, server
        finally:
            running.cancel()
            await asyncio.wait([running])


async def test_with_tls_the_pinned_ca_and_the_name_count_not_the_address(tmp_path: Path) -> None:
    ca = authority()
    async with behind_tls(tmp_path, ca.context(tmp_path, "honsha.local"), ca.pem) as (side, _):
        side.synchronised = True
        await side.append()
        await side.reached(lambda: side.status.online and side.outbox.count == 0)


@pytest.mark.parametrize("name", ["honsha.local", "other.local"])
async def test_a_certificate_of_another_ca_or_name_gets_no_hello(tmp_path: Path, name: str) -> None:
    pinned, foreign = authority(), authority()
    signs = foreign if name == "honsha.local" else pinned
    async with behind_tls(tmp_path, signs.context(tmp_path, name), pinned.pem) as (side, server):
        await side.append()
        await side.reached(lambda: side.status.problem is Problem.OTHER_SITE)
        assert server.hellos == []
        assert side.outbox.count == 1


async def test_dates_of_a_certificate_count_once_the_clock_is_known(tmp_path: Path) -> None:
    """After a power cut without internet only the server can tell the time."""
    ca = authority()
    expired = ca.context(tmp_path, "honsha.local", age=timedelta(days=2))
    async with behind_tls(tmp_path, expired, ca.pem) as (side, server):
        await side.reached(lambda: side.status.online)
        side.synchronised = True
        await server.sockets[-1].close()
        await side.reached(lambda: side.status.problem is Problem.UNREACHABLE)


async def test_a_wake_is_not_kept_waiting_by_earlier_failures(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(Outbox.open(tmp_path / "outbox.db"))
        replica = Replica()
        file = await stack.enter_async_context(ReplicaFile.open(tmp_path / "replica.db", replica))
        side = AgentSide(outbox, replica, file, "http://127.0.0.1:1", Backoff(3600, 3600))
        server = await stack.enter_async_context(LinkServer().open())
        side.identity = None
        running = asyncio.create_task(side.link.run())
        await side.reached(lambda: side.status.state is LinkState.NOT_ENROLLED)
        side.identity, side.url = identity_here(), server.url
        side.link.wake()
        await side.reached(lambda: side.status.online)
        running.cancel()
        await asyncio.wait([running])


async def test_a_heartbeat_tells_of_waiting_rows_and_comes_early_when_asked(
    side: AgentSide, server: LinkServer
) -> None:
    server.answers = False
    await side.append()
    await server.seen(lambda: len(server.heartbeats) == 1)
    assert server.heartbeats[0].waiting == 1
    side.link.beat()
    await server.seen(lambda: len(server.heartbeats) == 2)


async def test_nobody_listening_is_unreachable_and_found_again(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(Outbox.open(tmp_path / "outbox.db"))
        replica = Replica()
        file = await stack.enter_async_context(ReplicaFile.open(tmp_path / "r.db", replica))
        side = AgentSide(outbox, replica, file, f"http://127.0.0.1:{port}")
        running = asyncio.create_task(side.link.run())
        await side.reached(lambda: side.status.problem is Problem.UNREACHABLE)
        await side.append(3)
        async with LinkServer().open(port) as server:
            await side.reached(lambda: side.outbox.count == 0)
            assert len(server.facts) == 3
        running.cancel()
        await asyncio.wait([running])


def beats(server: LinkServer, number: int) -> bool:
    return len(server.heartbeats) >= number


@pytest.mark.parametrize(("steady_seconds", "slows_down"), [(60, True), (0, False)])
async def test_a_server_that_greets_and_then_fails_is_not_hurried(
    tmp_path: Path, server: LinkServer, steady_seconds: float, slows_down: bool
) -> None:
    bounds: list[float] = []

    def draw(_: float, bound: float) -> float:
        bounds.append(bound)
        return 0.0

    async with AsyncExitStack() as stack:
        outbox = await stack.enter_async_context(Outbox.open(tmp_path / "outbox.db"))
        replica = Replica()
        file = await stack.enter_async_context(ReplicaFile.open(tmp_path / "r.db", replica))
        backoff = Backoff(1, 30, draw)
        side = AgentSide(outbox, replica, file, server.url, backoff, steady_seconds)
        running = asyncio.create_task(side.link.run())
        for number in range(1, 6):
            await server.seen(partial(beats, server, number))
            await server.sockets[-1].close()
        running.cancel()
        await asyncio.wait([running])
    assert (bounds[3] > bounds[0]) is slows_down


def test_waiting_grows_to_a_cap_and_begins_anew_after_a_success() -> None:
    backoff = Backoff(0.5, 30, draw=lambda low, high: high)
    assert [backoff.next_seconds() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next_seconds() == 0.5
