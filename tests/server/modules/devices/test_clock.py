"""When a fact happened, told from a kiosk that may not know the time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contract.ids import BootId
from contract.moment import Clock, Moment
from server.modules.devices.clock import BootClock, happened, measure

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
TODAY, YESTERDAY = BootId("today"), BootId("yesterday")
MINUTE = 60_000_000


def us(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def running() -> BootClock:
    return measure(TODAY, 60 * MINUTE, NOW)


def test_in_the_running_boot_a_clock_of_last_month_is_corrected() -> None:
    moment = Moment(TODAY, 50 * MINUTE, us(NOW - timedelta(days=31)), Clock.UNKNOWN)
    assert happened(moment, running(), NOW) == (NOW - timedelta(minutes=10), True)


def test_a_known_clock_that_agrees_keeps_its_own_time() -> None:
    at = NOW - timedelta(minutes=10) + timedelta(milliseconds=300)
    moment = Moment(TODAY, 50 * MINUTE, us(at), Clock.KNOWN)
    assert happened(moment, running(), NOW) == (at, True)


def test_a_fact_of_an_earlier_boot_is_believed_if_its_clock_was_known() -> None:
    at = NOW - timedelta(days=2)
    moment = Moment(YESTERDAY, 5 * MINUTE, us(at), Clock.KNOWN)
    assert happened(moment, running(), NOW) == (at, True)


def test_a_fact_of_an_earlier_boot_without_clock_is_uncertain_and_not_in_the_past() -> None:
    moment = Moment(YESTERDAY, 5 * MINUTE, us(NOW - timedelta(days=400)), Clock.UNKNOWN)
    assert happened(moment, running(), NOW) == (NOW, False)


def test_a_fact_from_the_future_happened_by_now_and_is_uncertain() -> None:
    moment = Moment(YESTERDAY, 5 * MINUTE, us(NOW + timedelta(hours=9)), Clock.KNOWN)
    assert happened(moment, running(), NOW) == (NOW, False)


@given(
    st.sampled_from([TODAY, YESTERDAY]),
    st.integers(),
    st.integers(),
    st.sampled_from([Clock.KNOWN, Clock.UNKNOWN]),
)
def test_no_clock_however_wrong_puts_a_fact_into_the_future(
    boot: BootId, mono_us: int, wall_us: int, clock: Clock
) -> None:
    at, _certain = happened(Moment(boot, mono_us, wall_us, clock), running(), NOW)
    assert at <= NOW
