"""A full disk at the agent: refused with a word, nothing half written, and well again by itself."""

from pathlib import Path

from contract.kiosk import Failed, Session, State, Tone, Waiting
from support.pretend import Machine, build
from support.site import Agent, Kiosk, Site, until

PERSON, TAG = "04AA0000000001", "04BB0000000001"


async def a_bench(site: Site, tmp_path: Path) -> tuple[Agent, Machine]:
    """Return an agent on a machine whose disk a test can fill; it knows one person and one tool."""
    await site.person("P1", "佐藤", PERSON)
    await site.item("T1", "トルクレンチ", TAG)
    machine = Machine(build(tmp_path), tmp_path / "machine", site.folder / "bench")
    agent = await site.add_agent("bench", **machine.environment)
    async with agent.kiosk() as kiosk:

        async def known() -> bool:
            samples = await kiosk.samples()
            return bool(samples.people and samples.items)

        await until(known, "the replica is there", agent.process, site.server)
    return agent, machine


async def borrow(kiosk: Kiosk) -> State:
    await kiosk.tap(PERSON)
    return await kiosk.tap(TAG)


def says_full(state: State) -> bool:
    return isinstance(state.screen, Failed) and state.screen.code == "disk_full"


async def test_a_kiosk_with_a_full_disk_says_so_and_lends_again_once_there_is_space(
    site: Site, tmp_path: Path
) -> None:
    agent, machine = await a_bench(site, tmp_path)
    await site.server.end()
    machine.fill_disk(True)
    async with agent.kiosk() as kiosk:
        assert says_full(await borrow(kiosk))
        machine.fill_disk(False)
        state = await kiosk.tap(TAG)  # the person is still here
        feedback = state.feedback
        assert feedback is not None and feedback.tone is Tone.BORROWED
        assert state.link.waiting == 1


async def test_a_kiosk_that_starts_on_a_full_disk_is_there_and_says_so(
    site: Site, tmp_path: Path
) -> None:
    agent, machine = await a_bench(site, tmp_path)
    async with agent.kiosk() as kiosk:
        assert isinstance((await borrow(kiosk)).screen, Session)
    await agent.process.end()
    machine.fill_disk(True)
    await agent.start()
    async with agent.kiosk() as kiosk:
        await kiosk.see(lambda state: isinstance(state.screen, Waiting))
        assert says_full(await kiosk.tap(TAG))
