"""A round: hypothesis draws what people tap and what breaks; then quiet; then the audit.

A seed draws the same round every time. What it meets is real processes, so when exactly a fault
strikes is up to them.
"""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from faults.harness.box import Box
from faults.harness.field import BOXES, OWN, Field, script
from faults.harness.weather import TO_ANSWERS, TO_BATCHES

T = TypeVar("T")
STEPS = 12
STEP_SECONDS = 90
HOURS = 3_600

boxes = st.sampled_from(BOXES)
numbers = st.integers(0, 2**32)


@dataclass
class Round:
    """What a round did and found."""

    seed: int
    steps: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    confirmed: int = 0
    seconds: float = 0.0


class Loop:
    """An event loop in a thread of its own: the site lives while hypothesis decides."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = STEP_SECONDS) -> T:
        """Run to the end, from the other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def close(self) -> None:
        """Stop the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def play(site: Field, loop: Loop, number: int, steps: int = STEPS) -> Round:
    """Play the round that this seed draws, and return what the audit says."""
    played = Round(number)
    began, before = time.monotonic(), site.confirmed()
    rehearsals = iter([True])  # hypothesis begins with its simplest example: nobody needs that

    class Machine(Taps):
        def __init__(self) -> None:
            super().__init__()
            self.stage = None if next(rehearsals, False) else Stage(site, loop, played)

    run_state_machine_as_test(
        seed(number)(Machine),
        settings=settings(
            max_examples=2,
            stateful_step_count=steps,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        ),
    )
    loop.run(_quiet(site, patient=number % 16 == 0), 400)
    played.faults += loop.run(site.audit())
    played.history = site.books.history(played.faults)
    played.confirmed = site.confirmed() - before
    played.seconds = time.monotonic() - began
    return played


async def _quiet(site: Field, *, patient: bool) -> None:
    await site.worked_off()
    await site.calm()
    await site.drained(patient=patient)


@dataclass
class Stage:
    """Where the rules act."""

    site: Field
    loop: Loop
    round: Round

    def act(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        """Do one thing, and note it."""
        self.round.steps.append(what)
        self.loop.run(work)

    def box(self, name: str) -> Box:
        """Return a box by name."""
        return self.site.boxes[name]


class Taps(RuleBasedStateMachine):
    """The rules: one thing that people do, and many that happen to them."""

    stage: Stage | None

    @initialize(lengths=st.tuples(*[st.integers(12, 40)] * len(BOXES)), number=numbers)
    def people_begin(self, lengths: tuple[int, ...], number: int) -> None:
        for place, (name, length) in enumerate(zip(BOXES, lengths, strict=True)):
            self._give(name, script(random.Random(number + place), OWN[name], length))

    @rule(names=st.sets(boxes, min_size=1), length=st.integers(6, 24), number=numbers)
    def people_tap(self, names: set[str], length: int, number: int) -> None:
        for place, name in enumerate(sorted(names)):
            self._give(name, script(random.Random(number + place), OWN[name], length))

    @rule(names=st.sets(boxes, min_size=2), length=st.integers(4, 16), number=numbers)
    def people_tap_the_same_tools(self, names: set[str], length: int, number: int) -> None:
        for place, name in enumerate(sorted(names)):
            self._give(name, script(random.Random(number + place), [], length))

    @rule(tenths=st.integers(0, 8))
    def time_passes(self, tenths: int) -> None:
        self._act(f"{tenths / 10} s pass", lambda _: asyncio.sleep(tenths / 10))

    @rule(name=boxes)
    def kill_agent(self, name: str) -> None:
        async def again(stage: Stage) -> None:
            await stage.box(name).kill()
            await stage.box(name).start()

        self._act(f"kill -9 agent {name}", again)

    @rule()
    def kill_server(self) -> None:
        self._act("kill -9 server", lambda stage: stage.site.kill_server())

    @rule()
    def server_stays_away(self) -> None:
        self._act("kill -9 server, which stays away", lambda stage: stage.site.stop_server())

    @rule()
    def kill_postgres(self) -> None:
        self._act("kill -9 Postgres", lambda stage: stage.site.kill_postgres())

    @rule(name=boxes, number=numbers)
    def lose_power(self, name: str, number: int) -> None:
        self._act(
            f"{name} loses power",
            lambda stage: stage.box(name).lose_power(random.Random(number)),
        )

    @rule(name=boxes, number=numbers, tenths=st.integers(1, 6))
    def lose_power_while_rows_wait(self, name: str, number: int, tenths: int) -> None:
        async def lose(stage: Stage) -> None:
            box = stage.box(name)
            box.weather.down = True
            box.wire.cut()
            box.staff.give(script(random.Random(number), OWN[name], 12))
            await asyncio.sleep(tenths / 10)
            await box.lose_power(random.Random(number))

        self._act(f"{name} taps without network, loses power after {tenths / 10} s", lose)

    @rule(name=boxes)
    def cut_link(self, name: str) -> None:
        self._at_once(f"cut the link of {name}", lambda stage: stage.box(name).wire.cut())

    @rule(name=boxes)
    def network_down(self, name: str) -> None:
        def down(stage: Stage) -> None:
            stage.box(name).weather.down = True
            stage.box(name).wire.cut()

        self._at_once(f"no network at {name}", down)

    @rule(name=boxes, status=st.sampled_from([401, 403, 404, 502, 503]))
    def refuse(self, name: str, status: int) -> None:
        def refuse(stage: Stage) -> None:
            stage.box(name).weather.refuse = status
            stage.box(name).wire.cut()

        self._at_once(f"{name} is answered {status}", refuse)

    @rule(name=boxes, status=st.sampled_from([401, 403]), number=numbers)
    def refuse_while_rows_wait(self, name: str, status: int, number: int) -> None:
        async def refuse(stage: Stage) -> None:
            box = stage.box(name)
            box.weather.down = True
            box.wire.cut()
            box.staff.give(script(random.Random(number), OWN[name], 6))
            await box.has_waiting()
            await box.wire.refuse(status)

        self._act(f"{name} taps without network, then is answered {status}", refuse)

    @rule(name=boxes, tenths=st.integers(0, 5))
    def slow_network(self, name: str, tenths: int) -> None:
        def slow(stage: Stage) -> None:
            weather = stage.box(name).weather
            weather.down, weather.refuse, weather.delay_seconds = False, None, tenths / 10

        self._at_once(f"{name} has network, {tenths / 10} s slow", slow)

    @rule(
        name=boxes,
        batches=st.lists(st.sampled_from(TO_BATCHES), max_size=3),
        answers=st.lists(st.sampled_from(TO_ANSWERS), max_size=3),
    )
    def mischief(self, name: str, batches: list[str], answers: list[str]) -> None:
        def plan(stage: Stage) -> None:
            weather = stage.box(name).weather
            weather.down, weather.refuse = False, None
            weather.to_batches.extend(batches)
            weather.to_answers.extend(answers)

        self._at_once(f"{name}: batches {batches}, answers {answers}", plan)

    @rule(name=boxes, full=st.booleans())
    def disk(self, name: str, full: bool) -> None:
        self._at_once(
            f"{name}'s disk {'is full' if full else 'has space'}",
            lambda stage: stage.box(name).machine.fill_disk(full),
        )

    @rule(name=boxes, hours=st.integers(-30, 30))
    def move_clock(self, name: str, hours: int) -> None:
        self._at_once(
            f"{name}'s clock is moved to {hours:+d} h",
            lambda stage: stage.box(name).machine.move_wall(hours * HOURS),
        )

    @rule(name=boxes, hours=st.integers(0, 2_000))
    def restart_without_clock(self, name: str, hours: int) -> None:
        async def restart(stage: Stage) -> None:
            box = stage.box(name)
            await box.kill()
            box.machine.boot_without_clock(time.time_ns() // 1_000 - hours * HOURS * 1_000_000)
            await box.start()

        self._act(f"{name} restarts without a clock, {hours} h behind", restart)

    @rule(name=boxes)
    def copy_card(self, name: str) -> None:
        self._act(f"image of {name}'s card", lambda stage: stage.box(name).copy_card())

    @rule(name=boxes)
    def put_back_old_card(self, name: str) -> None:
        self._act(f"{name} gets an old card", lambda stage: stage.box(name).put_back_old_card())

    @rule(name=boxes, number=numbers)
    def twin(self, name: str, number: int) -> None:
        cards = script(random.Random(number), [], 8)
        self._act(
            f"a second Pi calls itself {name}",
            lambda stage: stage.site.twin(stage.box(name), cards),
        )

    # --- inside

    def _give(self, name: str, steps: list[str]) -> None:
        self._at_once(
            f"{len(steps)} taps at {name}", lambda stage: stage.box(name).staff.give(steps)
        )

    def _at_once(self, what: str, do: Callable[[Stage], None]) -> None:
        async def work(stage: Stage) -> None:
            do(stage)

        self._act(what, work)

    def _act(self, what: str, work: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
        if self.stage is not None:
            self.stage.act(what, work(self.stage))
