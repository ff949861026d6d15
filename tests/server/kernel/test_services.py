"""Long-running parts."""

import asyncio

import pytest

from server.kernel import services
from server.kernel.services import Service, Services


async def test_a_part_that_fails_is_started_again_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "FIRST_PAUSE_SECONDS", 0.001)
    starts = 0
    third = asyncio.Event()
    undisturbed = asyncio.Event()

    async def fragile() -> None:
        nonlocal starts
        starts += 1
        if starts < 3:
            raise OSError("broken")
        third.set()
        await asyncio.Event().wait()

    async def steady() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            undisturbed.set()
            raise

    running = Services([Service("fragile", fragile), Service("steady", steady)])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(running.run())
        async with asyncio.timeout(10):
            await third.wait()
        assert not undisturbed.is_set()
        assert running.restarts == 2
        assert running.down == ()
        task.cancel()
    assert undisturbed.is_set()


async def test_a_part_that_is_down_is_named() -> None:
    failed = asyncio.Event()

    async def broken() -> None:
        failed.set()
        raise OSError("broken")

    running = Services([Service("broken", broken)])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(running.run())
        async with asyncio.timeout(10):
            await failed.wait()
            while not running.down:
                await asyncio.sleep(0)
        assert running.down == ("broken",)
        task.cancel()
