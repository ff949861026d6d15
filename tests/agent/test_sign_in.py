"""Signing in at the kiosk, with the whole agent as a process: card, PIN, ticket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.kiosk import Session, Waiting
from contract.link import SignInAnswer
from contract.sign_in import EnterPin, PinAnswer, SignInResult
from support.agent_process import AgentProcess, Page, running_agent
from support.link_server import LinkServer
from support.workshop import WRENCH_CARD, YAMADA_CARD, item, person, snapshot

PIN = "294017"


@pytest.fixture
async def server() -> AsyncIterator[LinkServer]:
    async with LinkServer().open() as opened:
        yield opened


@asynccontextmanager
async def attended(folder: Path, server: LinkServer) -> AsyncIterator[tuple[AgentProcess, Page]]:
    """A kiosk at which Yamada has just tapped their card."""
    async with running_agent(folder, server.url) as agent, agent.page() as page:
        await server.seen(lambda: bool(server.heartbeats))
        await server.send(snapshot(person(), item()))
        await page.know(WRENCH_CARD)
        await page.tap(YAMADA_CARD)
        await page.until(lambda state: isinstance(state.screen, Session))
        yield agent, page


async def test_the_server_is_asked_and_the_kiosk_is_free_again(
    tmp_path: Path, server: LinkServer
) -> None:
    async with attended(tmp_path, server) as (agent, page):
        await page.send(EnterPin(PIN))
        await server.seen(lambda: len(server.sign_ins) == 1)
        (asked,) = server.sign_ins
        assert (asked.person, asked.card) == (person().id, YAMADA_CARD)
        await server.send(SignInAnswer(asked.request, SignInResult.OK, "ticket-of-yamada"))
        assert await page.told() == PinAnswer(SignInResult.OK, "ticket-of-yamada", server.url)
        async with agent.page() as fresh:
            await fresh.until(lambda state: isinstance(state.screen, Waiting))
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert kept
    assert not [text for text in kept if PIN.encode() in text or b"ticket-of-yamada" in text]


async def test_taps_go_on_while_the_server_thinks(tmp_path: Path, server: LinkServer) -> None:
    async with attended(tmp_path, server) as (_, page):
        await page.send(EnterPin(PIN))
        await server.seen(lambda: len(server.sign_ins) == 1)
        await page.tap(WRENCH_CARD)
        await page.until(lambda s: isinstance(s.screen, Session) and bool(s.screen.lines))
        await page.tap(YAMADA_CARD)
        await page.until(lambda state: isinstance(state.screen, Waiting))
        asked = server.sign_ins[0]
        await server.send(SignInAnswer(asked.request, SignInResult.OK, "ticket"))
        assert await page.told() == PinAnswer(SignInResult.REFUSED), "Yamada has gone"


async def test_with_nobody_there_the_server_is_not_asked(
    tmp_path: Path, server: LinkServer
) -> None:
    async with running_agent(tmp_path, server.url) as agent, agent.page() as page:
        await server.seen(lambda: bool(server.heartbeats))
        await page.send(EnterPin(PIN))
        assert await page.told() == PinAnswer(SignInResult.REFUSED)
    assert not server.sign_ins


async def test_a_page_that_has_gone_leaves_the_session_alone(
    tmp_path: Path, server: LinkServer
) -> None:
    async with attended(tmp_path, server) as (agent, page):
        async with agent.page() as other:
            await other.send(EnterPin(PIN))
            await server.seen(lambda: len(server.sign_ins) == 1)
        asked = server.sign_ins[0]
        await server.send(SignInAnswer(asked.request, SignInResult.OK, "ticket"))
        await page.tap(WRENCH_CARD)
        await page.until(lambda s: isinstance(s.screen, Session) and bool(s.screen.lines))
