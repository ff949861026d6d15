"""The whole agent as a process: from the virtual reader to the disk, the page and the server."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from contract.facts import Borrowed, CardUnknown, Fact, Returned, Undone
from contract.ids import LoanId
from contract.kiosk import AskPerson, Drawing, Session, State, Tone, Undo, UnknownCard
from contract.link import ReaderState
from contract.replica import ItemRow, OpenLoan
from support.agent_process import LONG_ENOUGH, REPO, running_agent
from support.link_server import LinkServer
from support.workshop import (
    CALIPER_CARD,
    NOON_US,
    SATO_CARD,
    UNKNOWN_CARD,
    WRENCH_CARD,
    YAMADA_CARD,
    item,
    person,
    snapshot,
)

NOWHERE = "http://127.0.0.1:1"


async def filled(server: LinkServer) -> None:
    await server.seen(lambda: bool(server.heartbeats))
    rows = (person(), person("佐藤 花子", SATO_CARD), item(), item("ノギス", CALIPER_CARD))
    await server.send(snapshot(*rows))


def online(state: State) -> bool:
    return state.link.online and any(r.state is ReaderState.READY for r in state.readers)


def lent_as_told(fact: Fact) -> tuple[ItemRow, ...]:
    """Return how the wrench stands after a fact, as the server does."""
    if not isinstance(fact.body, Borrowed):
        return ()
    loan = OpenLoan(LoanId(fact.id), fact.body.person, NOON_US)
    return (msgspec.structs.replace(item(version=2), loan=loan),)


def shows_unknown(uid: str) -> Callable[[State], bool]:
    return lambda state: isinstance(state.screen, UnknownCard) and state.screen.card == uid


async def test_a_tap_goes_from_the_reader_to_page_disk_and_server(
    tmp_path: Path, server: LinkServer
) -> None:
    server.stands = lent_as_told  # the kiosk may hear it before it is touched
    async with running_agent(tmp_path / "a", server.url) as agent, agent.page() as page:
        await filled(server)
        state = await page.until(online)
        assert (state.agent, state.site, state.virtual) == ("門番", "本社工場", True)
        await page.know(WRENCH_CARD)
        await page.tap(WRENCH_CARD)
        await page.until(lambda s: isinstance(s.screen, AskPerson))
        await page.tap(YAMADA_CARD)
        shown = await page.until(lambda s: isinstance(s.screen, Session) and bool(s.screen.lines))
        assert isinstance(shown.screen, Session)
        await page.send(Undo(shown.screen.lines[0].fact))
        await server.seen(lambda: len(server.facts) == 2)
        await page.until(lambda s: s.link.waiting == 0)
        lent, undone = server.facts
        assert isinstance(lent.body, Borrowed)
        assert undone.body == Undone(lent.id)
        assert await agent.stop() == 0


async def test_it_works_without_the_server_and_everything_arrives_once_after_kill_9(
    tmp_path: Path, server: LinkServer
) -> None:
    folder = tmp_path / "a"
    async with running_agent(folder, server.url) as agent, agent.page() as page:
        await filled(server)
        await page.know(WRENCH_CARD)
        await page.tap(UNKNOWN_CARD)
        await page.until(lambda s: isinstance(s.screen, UnknownCard) and s.link.waiting == 0)
        assert len(server.facts) == 1
    async with running_agent(folder, NOWHERE) as agent, agent.page() as page:
        await page.tap(WRENCH_CARD)
        await page.until(lambda s: isinstance(s.screen, AskPerson))
        await page.tap(YAMADA_CARD)
        shown = await page.until(lambda s: isinstance(s.screen, Session) and bool(s.screen.lines))
        assert (shown.link.online, shown.link.waiting) == (False, 1)
        assert shown.link.problem == "unreachable"
        await agent.kill()
    async with running_agent(folder, NOWHERE) as agent, agent.page() as page:
        await page.tap(WRENCH_CARD)
        done = await page.until(lambda s: s.feedback is not None)
        assert done.feedback is not None
        assert done.feedback.tone is Tone.RETURNED, "the loan of before the kill is remembered"
        await agent.kill()
    server.facts.clear()
    async with running_agent(folder, server.url) as agent, agent.page() as page:
        await server.seen(lambda: len(server.facts) == 2)
        await page.until(lambda s: s.link.waiting == 0)
    lent, back = server.facts
    assert isinstance(lent.body, Borrowed)
    assert isinstance(back.body, Returned)
    assert back.body.loan == LoanId(lent.id)
    assert len(set(server.ids())) == 2
    assert [lent.seq, back.seq] == [2, 3]


async def test_every_tap_confirmed_before_kill_9_reaches_the_server(
    tmp_path: Path, server: LinkServer
) -> None:
    confirmed: set[str] = set()
    folder = tmp_path / "a"
    for round_number in range(3):
        async with running_agent(folder, NOWHERE) as agent, agent.page() as page:
            for number in range(5 + round_number):
                uid = f"04{round_number:02X}{number:02X}AABBCCDD"
                await page.tap(uid)
                await page.until(shows_unknown(uid))
                confirmed.add(uid)
            await page.tap("04FFFFEEEE0000")
            await agent.kill()
    async with running_agent(folder, server.url):
        await server.seen(
            lambda: (
                confirmed <= {f.body.card for f in server.facts if isinstance(f.body, CardUnknown)}
            )
        )
    assert len(server.ids()) == len(set(server.ids()))


async def test_health_tells_what_is_missing_and_ready_when_a_page_draws(
    tmp_path: Path, server: LinkServer
) -> None:
    async with running_agent(tmp_path / "a", server.url) as agent, agent.page() as page:
        await page.until(online)
        answer = await agent.health()
        assert answer["page"] == {"ok": False, "code": "no_page"}
        await page.send(Drawing())
        async with asyncio.timeout(LONG_ENOUGH):
            while not (await agent.health())["ready"]:
                await asyncio.sleep(0.05)


async def test_an_agent_without_a_key_says_so_and_works(tmp_path: Path) -> None:
    async with running_agent(tmp_path / "a", NOWHERE, identity=None) as agent, agent.page() as page:
        await page.until(lambda s: s.link.problem == "not_enrolled")
        await page.tap(UNKNOWN_CARD)
        state = await page.until(lambda s: isinstance(s.screen, UnknownCard))
        assert state.link.waiting == 1


async def test_a_damaged_queue_is_told_on_the_screen(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "outbox.db").write_bytes(b"\x00noise" * 3_000)
    async with running_agent(folder, NOWHERE) as agent, agent.page() as page:
        state = await page.until(lambda s: True)
        assert state.set_aside == 1
        answer = await agent.health()
        assert answer["queue"] == {"ok": False, "code": "queue_was_damaged"}


async def test_systemd_is_told_of_readiness_watchdog_and_stopping(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        loop = asyncio.get_running_loop()
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        async with running_agent(tmp_path / "a", NOWHERE, environment=told) as agent:
            async with asyncio.timeout(LONG_ENOUGH):
                heard = [await loop.sock_recv(systemd, 99) for _ in range(4)]
            assert sorted(set(heard)) == [b"READY=1", b"WATCHDOG=1"]
            assert await agent.stop() == 0
            async with asyncio.timeout(LONG_ENOUGH):
                while await loop.sock_recv(systemd, 99) != b"STOPPING=1":
                    pass


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", *arguments],
        cwd=REPO,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_wrong_setting_stops_the_start_with_the_right_name() -> None:
    ended = command("run", GENBA_AGENT__LOCAL__PROT="1")
    assert ended.returncode == 2
    assert "unknown setting local.prot; did you mean port?" in ended.stderr


def test_status_without_an_agent_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ended = command("status", GENBA_AGENT__LOCAL__PORT=str(taken.getsockname()[1]))
    assert ended.returncode == 1
    assert "no agent answers" in ended.stderr


def test_enrolling_at_a_server_that_is_not_there_says_so(tmp_path: Path) -> None:
    ended = command(
        "enrol", "--server", NOWHERE, "--token", "x.y", GENBA_AGENT__DATA__DIR=str(tmp_path)
    )
    assert ended.returncode == 1
    assert NOWHERE in ended.stderr


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = await asyncio.to_thread(
            command,
            "run",
            GENBA_AGENT__DATA__DIR=str(tmp_path),
            GENBA_AGENT__LOCAL__PORT=str(taken.getsockname()[1]),
        )
    assert ended.returncode == 1
    assert "address already in use" in ended.stderr
