"""The link against a server at the wire: greetings, refusals, noise."""

from http import HTTPStatus

import pytest

from agent.identity import is_signed, public_key
from agent.link_status import Problem
from contract.link import CLOSE_PROTOCOL, PROTOCOL, Goodbye
from contract.moment import Clock
from support.agent_side import HERE, AgentSide
from support.link_server import LinkServer
from support.workshop import NOON_US


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


async def test_the_greeting_teaches_the_time(side: AgentSide, server: LinkServer) -> None:
    server.server_us = NOON_US
    await side.reached(lambda: side.status.online)
    assert side.outbox.offsets == {HERE: NOON_US - 5_000_000}
    assert side.clock.now().clock is Clock.KNOWN
    assert side.clock.now().wall_us == NOON_US


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


async def test_a_heartbeat_tells_of_waiting_rows_and_comes_early_when_asked(
    side: AgentSide, server: LinkServer
) -> None:
    server.answers = False
    await side.append()
    await server.seen(lambda: len(server.heartbeats) == 1)
    assert server.heartbeats[0].waiting == 1
    side.link.beat()
    await server.seen(lambda: len(server.heartbeats) == 2)
