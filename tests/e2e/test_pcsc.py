"""The main job through a real pcscd and its virtual reader: a card's UID becomes a loan."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.kiosk import AskPerson, Session, State, Tone
from contract.link import ReaderState
from support.pcscd import (
    HOW_TO_GET_IT,
    SOCKET_VARIABLE,
    Pcscd,
    VirtualCard,
    VirtualReader,
    pcscd_available,
)
from support.site import Agent, Kiosk, Site, until

WRENCH = "04A1B2C3D4E580"
# An employee's FeliCa: its IDm is what the reader gives as the UID.
SATO = "0114B2C3D4E5F607"


@pytest.fixture
def reader(require: Callable[[str, bool, str], None]) -> Iterator[VirtualReader]:
    require("pcscd", pcscd_available(), HOW_TO_GET_IT)
    virtual = VirtualReader()
    yield virtual
    virtual.close()


@pytest.fixture
def pcscd(reader: VirtualReader, tmp_path: Path) -> Iterator[Pcscd]:
    home = tmp_path / "pcscd"
    home.mkdir()
    service = Pcscd(home, tmp_path / "pcscd.comm", reader)
    service.start()
    yield service
    service.close()


async def a_bench(site: Site, tmp_path: Path) -> Agent:
    await site.person("1001", "佐藤 花子", SATO)
    await site.item("T-001", "トルクレンチ", WRENCH)
    return await site.add_agent(
        "bench",
        GENBA_AGENT__READERS__PCSC="true",
        GENBA_AGENT__READERS__VIRTUAL="false",
        **{SOCKET_VARIABLE: str(tmp_path / "pcscd.comm")},
    )


async def ready(kiosk: Kiosk) -> None:
    """Wait until the reader is there and the agent has heard of the workshop."""
    await kiosk.see(lambda state: state.link.online and is_ready(state))


def is_ready(state: State) -> bool:
    return any(
        report.driver == "pcsc" and report.reader != "pcsc" and report.state is ReaderState.READY
        for report in state.readers
    )


async def tap(kiosk: Kiosk, reader: VirtualReader, uid: str) -> State:
    """Lay a card on the reader, wait for the kiosk's answer, and take the card away."""
    before = kiosk.state.feedback.number if kiosk.state and kiosk.state.feedback else 0
    reader.present(VirtualCard(uid))
    state = await kiosk.see(
        lambda state: state.feedback is not None and state.feedback.number > before
    )
    reader.remove()
    # pcscd looks at a virtual reader every 400 ms: until then the card is still there for it.
    await asyncio.sleep(1.1)
    return state


async def tap_until_known(kiosk: Kiosk, reader: VirtualReader, uid: str) -> State:
    """Tap, and again while the agent's replica is still on its way."""
    state = await tap(kiosk, reader, uid)
    while state.feedback is not None and state.feedback.tone is Tone.ERROR:
        state = await tap(kiosk, reader, uid)
    return state


async def loans(site: Site) -> list[dict[str, Any]]:
    return list((await site.get("/api/v1/loans"))["items"])


async def test_a_card_on_a_real_reader_lends_and_the_next_tap_returns(
    site: Site, pcscd: Pcscd, reader: VirtualReader, tmp_path: Path
) -> None:
    agent = await a_bench(site, tmp_path)
    async with agent.kiosk() as kiosk:
        await ready(kiosk)
        asked = await tap_until_known(kiosk, reader, WRENCH)
        assert isinstance(asked.screen, AskPerson)
        lent = await tap(kiosk, reader, SATO)
        assert isinstance(lent.screen, Session)
        assert lent.screen.lines[0].what is Tone.BORROWED
        [loan] = await until(lambda: loans(site), "the loan is in the ledger", site.server)
        assert (loan["person_name"], loan["state"]) == ("佐藤 花子", "open")
        back = await tap(kiosk, reader, WRENCH)
        assert back.feedback is not None
        assert back.feedback.tone is Tone.RETURNED

        async def returned() -> bool:
            return [loan["state"] for loan in await loans(site)] == ["returned"]

        await until(returned, "it is returned", site.server, agent.process)


async def test_a_real_reader_goes_on_without_server_and_pcscd_comes_back_by_itself(
    site: Site, pcscd: Pcscd, reader: VirtualReader, tmp_path: Path
) -> None:
    agent = await a_bench(site, tmp_path)
    async with agent.kiosk() as kiosk:
        await ready(kiosk)
        assert isinstance((await tap_until_known(kiosk, reader, WRENCH)).screen, AskPerson)
        await site.server.end(signal.SIGKILL)
        await kiosk.see(lambda state: not state.link.online)
        pcscd.kill()
        await kiosk.see(lambda state: not is_ready(state))
        pcscd.start()
        await kiosk.see(is_ready)
        await tap(kiosk, reader, SATO)
        lent = await tap(kiosk, reader, WRENCH)
        state = lent if lent.link.waiting else await kiosk.see(lambda s: s.link.waiting > 0)
        assert not state.link.online
        waiting = state.link.waiting
        await site.start_server()
        await kiosk.see(lambda state: state.link.online and state.link.waiting == 0)
    assert waiting >= 1
    assert len(await loans(site)) == 1
