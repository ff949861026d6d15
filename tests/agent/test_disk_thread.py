"""The thread that owns a file: work in turn, answers to whoever still waits."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.disk_thread import DiskThread


async def gone(name: str) -> None:
    async with asyncio.timeout(5):
        while any(thread.name == name for thread in threading.enumerate()):
            await asyncio.sleep(0.01)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_work_is_done_in_turn_in_one_thread_that_is_not_the_loops() -> None:
    thread = DiskThread("in-turn")
    done: list[tuple[int, int]] = []

    def job(number: int) -> Callable[[], int]:
        def work() -> int:
            done.append((number, threading.get_ident()))
            return number

        return work

    assert await asyncio.gather(*(thread.run(job(n)) for n in range(50))) == list(range(50))
    assert [number for number, _ in done] == list(range(50))
    assert len({ident for _, ident in done} - {threading.get_ident()}) == 1
    thread.close()
    await gone("in-turn")


async def test_an_error_of_the_work_reaches_its_caller_and_the_next_work_runs() -> None:
    thread = DiskThread("failing")

    def fail() -> None:
        raise OSError("no such disk")

    with pytest.raises(OSError, match="no such disk"):
        await thread.run(fail)
    assert await thread.run(lambda: 7) == 7
    thread.close()
    await gone("failing")


async def test_work_whose_caller_was_cancelled_is_finished_all_the_same() -> None:
    thread = DiskThread("cancelled")
    may_go, done = threading.Event(), threading.Event()

    def slow() -> None:
        may_go.wait(5)
        done.set()

    caller = asyncio.ensure_future(thread.run(slow))
    await asyncio.sleep(0)
    caller.cancel()
    may_go.set()
    assert await thread.run(done.is_set)
    thread.close()
    await gone("cancelled")


async def test_work_given_before_the_end_is_done_and_nothing_stays_open() -> None:
    before = open_files()
    thread = DiskThread("ending")
    done = threading.Event()
    last = thread.run(done.set)
    thread.close()
    await gone("ending")
    assert done.is_set()
    assert not last.done()
    assert open_files() == before


async def test_a_loop_busy_elsewhere_loses_no_answer() -> None:
    thread = DiskThread("bursts")
    for _ in range(20):
        futures = [thread.run(os.getpid) for _ in range(100)]
        assert set(await asyncio.gather(*futures)) == {os.getpid()}
    thread.close()
    await gone("bursts")
