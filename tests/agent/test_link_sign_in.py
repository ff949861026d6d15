"""Signing in over the link: a PIN goes up, a ticket comes down, and nothing is kept of either."""

import asyncio
from http import HTTPStatus

import pytest

from agent.link_status import Problem
from agent.server_address import ServerAddress
from agent.sign_in import Visitor
from contract.ids import PersonId
from contract.link import SignInAnswer
from contract.sign_in import PinAnswer, SignInResult
from support.agent_side import AgentSide
from support.link_server import LinkServer
from support.workshop import WRENCH_CARD, YAMADA_CARD

UNAVAILABLE = PinAnswer(SignInResult.UNAVAILABLE)


async def test_a_pin_is_asked_of_the_server_and_the_ticket_comes_with_its_address(
    side: AgentSide, server: LinkServer
) -> None:
    await server.seen(lambda: len(server.heartbeats) == 1)
    typed = asyncio.create_task(side.sign_ins.enter("294017"))
    await server.seen(lambda: len(server.sign_ins) == 1)
    (asked,) = server.sign_ins
    assert (asked.person, asked.card, asked.pin) == ("person-1", YAMADA_CARD, "294017")
    await server.send(SignInAnswer(asked.request, SignInResult.OK, "ticket"))
    assert await typed == PinAnswer(SignInResult.OK, "ticket", server.url)
    assert side.entered == 1


@pytest.mark.parametrize("result", [r for r in SignInResult if r is not SignInResult.OK])
async def test_a_refusal_is_handed_on(
    side: AgentSide, server: LinkServer, result: SignInResult
) -> None:
    await server.seen(lambda: len(server.heartbeats) == 1)
    typed = asyncio.create_task(side.sign_ins.enter("294017"))
    await server.seen(lambda: len(server.sign_ins) == 1)
    await server.send(SignInAnswer(server.sign_ins[0].request, result, minutes=7))
    assert await typed == PinAnswer(result, minutes=7)
    assert side.entered == 0


async def test_without_a_link_signing_in_is_unavailable_at_once(
    side: AgentSide, server: LinkServer
) -> None:
    server.refuses = HTTPStatus.SERVICE_UNAVAILABLE
    await side.reached(lambda: side.status.problem is Problem.UNREACHABLE)
    assert await side.sign_ins.enter("294017") == UNAVAILABLE
    server.refuses = None
    await side.reached(lambda: side.status.online)
    assert not server.sign_ins, "what was typed without a link is not sent later"


async def test_an_answer_that_comes_too_late_is_nobodys(
    side: AgentSide, server: LinkServer
) -> None:
    await server.seen(lambda: len(server.heartbeats) == 1)
    assert await side.sign_ins.enter("294017") == UNAVAILABLE
    await server.send(SignInAnswer(server.sign_ins[0].request, SignInResult.OK, "ticket"))
    await server.send(SignInAnswer("never asked", SignInResult.OK, "ticket"))
    await side.append()
    await side.reached(lambda: side.outbox.count == 0)
    assert (side.entered, len(server.hellos)) == (0, 1)


async def test_a_link_that_ends_answers_whoever_waits(side: AgentSide, server: LinkServer) -> None:
    await server.seen(lambda: len(server.heartbeats) == 1)
    typed = asyncio.create_task(side.sign_ins.enter("294017"))
    await server.seen(lambda: len(server.sign_ins) == 1)
    await server.sockets[-1].close()
    assert await typed == UNAVAILABLE


@pytest.mark.parametrize("then", [None, Visitor(PersonId("person-2"), WRENCH_CARD)])
async def test_a_ticket_is_for_the_one_who_typed(
    side: AgentSide, server: LinkServer, then: Visitor | None
) -> None:
    await server.seen(lambda: len(server.heartbeats) == 1)
    typed = asyncio.create_task(side.sign_ins.enter("294017"))
    await server.seen(lambda: len(server.sign_ins) == 1)
    side.visitor = then
    await server.send(SignInAnswer(server.sign_ins[0].request, SignInResult.OK, "ticket"))
    assert await typed == PinAnswer(SignInResult.REFUSED)
    assert side.entered == 0


async def test_a_pin_never_travels_in_the_clear(side: AgentSide, server: LinkServer) -> None:
    await side.reached(lambda: side.status.online)
    side.where = ServerAddress(False, "genba.example", "127.0.0.1", server.port)
    side.link.renew()
    await server.seen(lambda: len(server.heartbeats) == 2)
    assert await side.sign_ins.enter("294017") == UNAVAILABLE
    assert not server.sign_ins
