"""An agent that floods the link is slowed, loses nothing, and keeps nobody else waiting."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from contract.ids import AgentId, BootId, QueueEpoch
from contract.link import Events, Heartbeat, RowStatus
from contract.settings_file import SettingsError
from server.kernel.limits import Policy
from server.modules.devices.pacing import MESSAGE_COST, Pacing, cost_of
from server.network_settings import LEAST_LINK_ROWS, LimitSettings, check_limits
from support.raw_link import BOOT, RawLink, enrolled, linked, row
from support.site import Site

ONE, OTHER = AgentId("1"), AgentId("2")
HEARTBEAT = Heartbeat(BootId(BOOT), 0, 0)
POLICY = Policy("link", LimitSettings().link_rows_per_minute)
# More than a minute's quota, so that a flood ends in a debt of some seconds.
FLOOD = LEAST_LINK_ROWS // MESSAGE_COST + 15
DEBT_SECONDS = 14 * MESSAGE_COST / (LEAST_LINK_ROWS / 60)


def batch(rows: int, size: int = 300) -> Events:
    raw = msgspec.Raw(b'"' + b"x" * (size - 2) + b'"')
    return Events(QueueEpoch("e"), [raw] * rows)


def standing_still() -> float:
    return 7.0


def test_an_honest_queue_of_fifty_thousand_rows_is_read_without_a_pause() -> None:
    pacing = Pacing(POLICY, standing_still)
    assert [pacing.pause(ONE, batch(1_000)) for _ in range(50)] == [0.0] * 50


def test_a_flood_is_read_at_the_agreed_pace_and_another_agent_is_not_slowed() -> None:
    pacing = Pacing(POLICY, standing_still)
    pauses = [pacing.pause(ONE, HEARTBEAT) for _ in range(POLICY.quota // MESSAGE_COST + 2)]
    assert pauses[-3:] == pytest.approx([0.0, 0.02, 0.04], abs=1e-6)
    assert pacing.pause(OTHER, HEARTBEAT) == 0.0


def test_switched_off_nobody_is_slowed() -> None:
    pacing = Pacing(None, standing_still)
    assert {pacing.pause(ONE, batch(1_000)) for _ in range(1_000)} == {0.0}


@pytest.mark.parametrize(
    ("message", "rows"),
    [
        (HEARTBEAT, 0),
        (batch(0), 0),
        (batch(1), 1),
        (batch(1_000), 1_000),
        (batch(1, 1 << 20), 1_024),
    ],
)
def test_a_message_costs_its_rows_and_its_transaction(
    message: Events | Heartbeat, rows: int
) -> None:
    assert cost_of(message) == MESSAGE_COST + rows


def test_a_limit_that_would_outlast_an_agents_patience_is_refused() -> None:
    with pytest.raises(SettingsError, match="link_rows_per_minute"):
        check_limits(LimitSettings(link_rows_per_minute=LEAST_LINK_ROWS - 1))


@pytest_asyncio.fixture
async def narrow_site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    """A running server with the narrowest limit for agents."""
    site = Site(tmp_path, database_url)
    site.environment["GENBA_SERVER__LIMITS__LINK_ROWS_PER_MINUTE"] = str(LEAST_LINK_ROWS)
    try:
        await site.open()
        yield site
    finally:
        await site.close()


def unknown(number: int, seq: int) -> dict[str, object]:
    body = {"type": "card_unknown", "card": f"04DE{number:02X}BEEF0080"}
    return row(seq, body)


async def flood(link: RawLink) -> None:
    text = msgspec.json.encode(HEARTBEAT).decode()
    for _ in range(FLOOD):
        await link.say(text)


async def test_a_flooding_agent_waits_and_loses_nothing_and_others_do_not_wait(
    narrow_site: Site,
) -> None:
    noisy, quiet = await enrolled(narrow_site, "noisy"), await enrolled(narrow_site, "quiet")
    async with linked(narrow_site, noisy) as loud, linked(narrow_site, quiet) as other:
        began = time.monotonic()
        await flood(loud)
        late = asyncio.create_task(loud.send_rows(unknown(1, 1)))
        # One transaction after the other, while the flood is read.
        for seq in range(1, 11):
            ack = await other.send_rows(unknown(2, seq))
            assert [answer.status for answer in ack.rows] == [RowStatus.APPLIED]
            assert not late.done()
        ack = await late
        assert time.monotonic() - began >= DEBT_SECONDS
        assert [answer.status for answer in ack.rows] == [RowStatus.APPLIED]
