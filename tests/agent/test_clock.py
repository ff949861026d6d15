"""Time on a box without a clock battery."""

import re

from hypothesis import given
from hypothesis import strategies as st

from agent.clock import (
    EARLIEST_BELIEVABLE_US,
    BootClock,
    Reading,
    corrected,
    moment_of,
    offset_from_greeting,
    offset_from_reading,
    system_clock,
)
from contract.moment import Clock
from support.workshop import BOOT, NOON_US, moment

micros = st.integers(min_value=0, max_value=4_000_000_000_000_000)


@given(micros, micros, st.booleans(), st.none() | micros)
def test_a_wall_clock_before_the_build_is_never_believed(
    mono_us: int, wall_us: int, synchronised: bool, offset_us: int | None
) -> None:
    made = moment_of(BOOT, Reading(mono_us, wall_us, synchronised), offset_us)
    believed = synchronised and wall_us >= EARLIEST_BELIEVABLE_US
    assert (made.clock is Clock.KNOWN) == (believed or offset_us is not None)
    assert made.mono_us == mono_us
    assert made.boot == BOOT


@given(micros, micros)
def test_a_correction_rewrites_the_wall_time_of_an_uncertain_moment_only(
    mono_us: int, offset_us: int
) -> None:
    uncertain, known = moment(mono_us, Clock.UNKNOWN), moment(mono_us, Clock.KNOWN)
    fixed = corrected(uncertain, offset_us)
    assert (fixed.boot, fixed.mono_us) == (uncertain.boot, mono_us)
    assert (fixed.wall_us, fixed.clock) == (mono_us + offset_us, Clock.KNOWN)
    assert corrected(known, offset_us) is known
    assert corrected(uncertain, None) is uncertain
    assert corrected(fixed, offset_us + 5) is fixed


@given(micros, micros, micros)
def test_order_within_a_boot_survives_correction(first: int, second: int, offset_us: int) -> None:
    one = corrected(moment(first, Clock.UNKNOWN), offset_us)
    two = corrected(moment(second, Clock.UNKNOWN), offset_us)
    assert (one.mono_us < two.mono_us) == (one.wall_us < two.wall_us)


@given(micros, st.integers(0, 30_000_000), st.integers(0, 30_000_000))
def test_the_greeting_tells_the_time_to_within_half_its_journey(
    sent_us: int, up_us: int, down_us: int
) -> None:
    true_offset = NOON_US
    server_us = sent_us + up_us + true_offset
    learnt = offset_from_greeting(sent_us, sent_us + up_us + down_us, server_us)
    assert learnt is not None
    assert abs(learnt - true_offset) <= (up_us + down_us) // 2 + 1


def test_a_server_that_has_lost_its_clock_teaches_nothing() -> None:
    assert offset_from_greeting(0, 10, EARLIEST_BELIEVABLE_US - 1) is None


def test_ntp_teaches_only_where_it_keeps_the_clock() -> None:
    assert offset_from_reading(Reading(5, NOON_US, True)) == NOON_US - 5
    assert offset_from_reading(Reading(5, NOON_US, False)) is None
    assert offset_from_reading(Reading(5, 7, True)) is None


def test_a_card_read_a_moment_ago_gets_the_time_of_its_reading() -> None:
    clock = BootClock(BOOT, lambda: Reading(1_000, NOON_US, True))
    assert clock.at(400).wall_us == NOON_US - 600
    assert clock.at(400).mono_us == 400


def test_the_clock_of_this_machine_counts_on_and_names_its_boot() -> None:
    clock = system_clock()
    first, second = clock.read(), clock.read()
    assert second.mono_us >= first.mono_us > 0
    assert re.fullmatch(r"[0-9a-f-]{36}", clock.boot)
