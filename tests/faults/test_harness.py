"""Some rounds of the fault harness, and proof that it would notice.

`scripts/soak` plays as many as one likes; every failure prints the line that plays it again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults.harness.field import Field
from faults.harness.machine import Loop, Round, play
from faults.harness.plants import PLANTS
from support.postgres import a_cluster

FIRST_SEED = 1
ROUNDS = 10
# A seed whose round mostly catches the bug; real processes differ a little each time.
CAUGHT_BY = {
    "without-unique-keys": 3000,
    "ack-before-commit": 3000,
    "journal-by-position": 3000,
    "delete-on-401": 3044,
    "synchronous-off": 3000,
}
ROUNDS_TO_CATCH = 20


@contextmanager
def a_field(folder: Path, plant: str = "") -> Iterator[tuple[Field, Loop]]:
    loop = Loop()
    try:
        with a_cluster() as postgres:
            field = Field.open(folder, postgres, plant=plant)
            site = loop.run(field.__aenter__())
            try:
                yield site, loop
            finally:
                loop.run(field.__aexit__(None, None, None))
    finally:
        loop.close()


def explain(played: Round) -> str:
    return "\n".join(
        [*played.steps, *played.faults, f"again: scripts/soak --rounds 1 --seed {played.seed}"]
    )


@pytest.mark.timeout(300)
def test_nothing_is_lost_doubled_or_out_of_order_whatever_breaks(tmp_path: Path) -> None:
    confirmed = 0
    with a_field(tmp_path) as (site, loop):
        for number in range(FIRST_SEED, FIRST_SEED + ROUNDS):
            played = play(site, loop, number)
            assert not played.faults, explain(played)
            confirmed += played.confirmed
    assert confirmed > 10 * ROUNDS


@pytest.mark.timeout(300)
@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_caught(tmp_path: Path, plant: str) -> None:
    with a_field(tmp_path, plant) as (site, loop):
        seeds = range(CAUGHT_BY[plant], CAUGHT_BY[plant] + ROUNDS_TO_CATCH)
        assert any(play(site, loop, number).faults for number in seeds)
