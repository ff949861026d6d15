"""Rows on the link, against a server at the wire: sent in order, kept until they are answered."""

from http import HTTPStatus

import pytest

from agent.outbox import Draft
from contract.facts import CardUnknown
from contract.ids import BootId, EventId
from contract.link import MAX_BATCH_ROWS, MAX_MESSAGE_BYTES, Ack, NewEpoch, RowAnswer, RowStatus
from contract.moment import Clock
from support.agent_side import HERE, AgentSide
from support.link_server import LinkServer
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
