"""Refused links are told, and whoever knocks cannot fill the journal."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.ids import AgentId, new_id
from server.kernel.database import Database
from server.kernel.journal import Journal
from server.modules.devices.greeting import MAX_REMEMBERED, QUIET_SECONDS, Refusals
from support.api import Api


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def told(api: Api) -> int:
    return (await api.kinds()).count("devices.link_refused")


async def test_one_a_minute_for_each_address_and_reason(api: Api) -> None:
    clock = Clock()
    database = api.server.database
    refusals = Refusals(database, Journal(database), clock)
    for _ in range(3):
        await refusals.tell(AgentId(new_id()), "unknown", "192.0.2.1")
    assert await told(api) == 1
    await refusals.tell(AgentId(new_id()), "signature", "192.0.2.1")
    await refusals.tell(AgentId(new_id()), "unknown", "192.0.2.2")
    assert await told(api) == 3
    clock.now += QUIET_SECONDS
    await refusals.tell(AgentId("no id, and \x00"), "unknown", "192.0.2.1")
    assert await told(api) == 4


class Counting(Database):
    """Counts what would be written."""

    def __init__(self) -> None:
        self.written = 0

    async def run(self, work: object) -> None:  # type: ignore[override]
        """Note that there was something to write."""
        self.written += 1


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 10**6)), max_size=400))
async def test_no_crowd_of_addresses_writes_more_than_a_hundred_a_minute(
    knocks: list[tuple[float, int]],
) -> None:
    clock, database = Clock(), Counting()
    refusals = Refusals(database, Journal(database), clock)
    writes: list[float] = []
    for pause, address in knocks:
        clock.now += pause
        before = database.written
        await refusals.tell(AgentId(new_id()), "unknown", f"address {address}")
        writes += [clock.now] * (database.written - before)
        assert len([at for at in writes if clock.now - at < QUIET_SECONDS]) <= MAX_REMEMBERED
