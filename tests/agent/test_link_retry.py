"""How the link finds a server again that failed or was not there."""

import socket
from functools import partial
from pathlib import Path

import pytest

from agent.backoff import Backoff
from agent.link_status import LinkState, Problem
from support.agent_side import open_side
from support.link_server import LinkServer, identity_here


async def test_a_wake_is_not_kept_waiting_by_earlier_failures(
    tmp_path: Path, server: LinkServer
) -> None:
    async with open_side(tmp_path, "http://127.0.0.1:1", Backoff(3600, 3600)) as side:
        side.identity = None
        async with side.running():
            await side.reached(lambda: side.status.state is LinkState.NOT_ENROLLED)
            side.identity, side.url = identity_here(), server.url
            side.link.wake()
            await side.reached(lambda: side.status.online)


async def test_nobody_listening_is_unreachable_and_found_again(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    async with open_side(tmp_path, f"http://127.0.0.1:{port}") as side, side.running():
        await side.reached(lambda: side.status.problem is Problem.UNREACHABLE)
        await side.append(3)
        async with LinkServer().open(port) as server:
            await side.reached(lambda: side.outbox.count == 0)
            assert len(server.facts) == 3


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

    backoff = Backoff(1, 30, draw)
    async with open_side(tmp_path, server.url, backoff, steady_seconds) as side, side.running():
        for number in range(1, 6):
            await server.seen(partial(beats, server, number))
            await server.sockets[-1].close()
    assert (bounds[3] > bounds[0]) is slows_down


def test_waiting_grows_to_a_cap_and_begins_anew_after_a_success() -> None:
    backoff = Backoff(0.5, 30, draw=lambda low, high: high)
    assert [backoff.next_seconds() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next_seconds() == 0.5
