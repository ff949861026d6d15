"""The link as a hostile, broken or merely unlucky agent speaks it: nothing lost, nothing twice."""

import time
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from agent.greeting import Greeting
from agent.identity import Identity, new_private_key
from contract.ids import AgentId, new_id
from contract.link import CLOSE_UNAUTHORIZED, Challenge, Goodbye, NewEpoch, RowStatus
from server.modules.devices.link import MAX_STRANGERS_FROM_ONE_ADDRESS
from support.api import Api
from support.raw_link import RawLink, enrolled, hello_of, linked, opened, row
from support.site import until

HOUR_US = 3_600_000_000


async def two_things(api: Api) -> tuple[str, str]:
    person = await api.post("/api/v1/people", {"code": "1001", "name": "佐藤 花子"})
    item = await api.post("/api/v1/items", {"code": "T-001", "name": "トルクレンチ"})
    await api.post(f"/api/v1/items/{item['id']}/tags", {"uid": "04A1B2C3D4E580"})
    return person["id"], item["id"]


async def ledger(api: Api) -> list[dict[str, Any]]:
    return list((await api.get("/api/v1/loans"))["items"])


async def refused(link: RawLink) -> str:
    """Return the code of the goodbye of a link that gets no welcome."""
    goodbye: Goodbye = await link.hear(Goodbye)
    assert await link.closed() == CLOSE_UNAUTHORIZED
    return goodbye.code


async def refusals(api: Api) -> list[str]:
    """Return the reasons of refused links in the journal."""
    entries = (await api.get("/api/v1/journal?kind=devices.link_refused"))["items"]
    return sorted(entry["body"]["reason"] for entry in entries)


async def test_a_stranger_gets_no_link_and_the_journal_tells_once_a_minute(api: Api) -> None:
    for _ in range(3):
        async with opened(api) as (link, challenge):
            stranger = Identity(AgentId(new_id()), "x", new_private_key(), challenge.site_key)
            await link.say(Greeting(stranger, challenge).signed(hello_of(link)))
            assert await refused(link) == "unauthorized"

    async def told() -> bool:
        return await refusals(api) == ["unknown"]

    await until(told, "the journal tells of it, once")


@pytest.mark.parametrize(
    "claimed", ["", "nobody", "' or 1=1", "\x00", "x" * 10_000, f"{0:032x}----"]
)
async def test_what_is_no_agents_id_gets_no_link(api: Api, claimed: str) -> None:
    async with opened(api) as (link, challenge):
        stranger = Identity(AgentId(claimed), "x", new_private_key(), challenge.site_key)
        await link.say(Greeting(stranger, challenge).signed(hello_of(link)))
        assert await refused(link) == "unauthorized"


async def test_another_key_under_an_agents_id_gets_no_link(api: Api) -> None:
    mine = await enrolled(api, "bench")
    async with opened(api) as (link, challenge):
        thief = Identity(mine.agent, mine.name, new_private_key(), mine.site_key)
        await link.say(Greeting(thief, challenge).signed(hello_of(link)))
        assert await refused(link) == "unauthorized"

    async def told() -> bool:
        return await refusals(api) == ["signature"]

    await until(told, "the journal tells of it")


async def test_a_replayed_hello_gets_no_link(api: Api) -> None:
    mine = await enrolled(api, "bench")
    async with opened(api) as (link, challenge):
        overheard = Greeting(mine, challenge).signed(hello_of(link))
        await link.say(overheard)
        await link.snapshot()
    async with opened(api) as (link, challenge):
        await link.say(overheard)
        assert await refused(link) == "unauthorized"


async def test_an_unsigned_hello_gets_no_link(api: Api) -> None:
    mine = await enrolled(api, "bench")
    async with opened(api) as (link, _):
        await link.say(msgspec.structs.replace(hello_of(link), agent=mine.agent, nonce=bytes(32)))
        assert await refused(link) == "unauthorized"


async def test_an_agent_of_the_protocol_before_keys_is_told_so(api: Api) -> None:
    async with opened(api) as (link, _):
        await link.say(msgspec.structs.replace(hello_of(link), protocol=1))
        assert (await link.hear(Goodbye)).code == "version"
        assert await link.closed() == 4003


async def test_rows_before_the_hello_are_no_rows(api: Api) -> None:
    async with opened(api) as (link, _):
        await link.say({"type": "events", "queue_epoch": new_id(), "rows": []})
        assert await link.closed() == 4002


async def test_a_crowd_that_never_greets_keeps_nobody_else_out(api: Api) -> None:
    mine = await enrolled(api, "bench")
    async with AsyncExitStack() as crowd:
        for _ in range(MAX_STRANGERS_FROM_ONE_ADDRESS):
            await crowd.enter_async_context(opened(api, "127.0.0.2"))
        with pytest.raises(InvalidStatus) as refused:
            await crowd.enter_async_context(opened(api, "127.0.0.2"))
        assert refused.value.response.status_code == 503
        async with linked(api, mine) as link:
            assert (await link.snapshot())[-1].more is False


async def test_every_link_has_a_challenge_of_its_own_and_the_sites_key(api: Api) -> None:
    mine = await enrolled(api, "bench")
    async with opened(api) as (_, first), opened(api) as (_, second):
        assert isinstance(first, Challenge)
        assert first.nonce != second.nonce
        assert first.site_key == second.site_key == mine.site_key


async def test_a_row_sent_again_gets_its_first_answer_and_acts_once(api: Api) -> None:
    person, item = await two_things(api)
    async with linked(api, await enrolled(api, "bench")) as link:
        borrowed = row(1, {"type": "borrowed", "item": item, "person": person})
        first = await link.send_rows(borrowed)
        again = await link.send_rows(borrowed, borrowed)
    assert first.rows == again.rows
    assert first.items[0].loan is not None
    assert again.items == first.items, "the agent forgets its fact: it needs what came of it"
    [loan] = await ledger(api)
    assert loan["id"] == borrowed["id"]


async def test_one_bad_row_goes_to_quarantine_and_the_good_ones_are_applied(api: Api) -> None:
    person, item = await two_things(api)
    async with linked(api, await enrolled(api, "bench")) as link:
        ack = await link.send_rows(
            row(1, {"type": "borrowed", "item": item, "person": person}),
            row(2, {"type": "teleported", "item": item}),
            row(3, {"type": "borrowed", "item": new_id(), "person": person}),
            row(4, {"type": "card_unknown", "card": "04DEADBEEF0080"}),
        )
    assert [answer.status for answer in sorted(ack.rows, key=lambda a: a.id)] == [
        RowStatus.APPLIED,
        RowStatus.QUARANTINED,
        RowStatus.QUARANTINED,
        RowStatus.APPLIED,
    ]
    assert len(await ledger(api)) == 1
    waiting = (await api.get("/api/v1/devices/quarantine?state=waiting"))["items"]
    assert len(waiting) == 2
    assert "unknown_item" in {each["reason"] for each in waiting}


async def test_a_row_that_is_no_row_at_all_harms_no_other(api: Api) -> None:
    person, item = await two_things(api)
    async with linked(api, await enrolled(api, "bench")) as link:
        good = row(1, {"type": "borrowed", "item": item, "person": person})
        ack = await link.send_rows({"what": "is this"}, good)  # type: ignore[arg-type]
        assert [answer.id for answer in ack.rows] == [good["id"]]
    waiting = (await api.get("/api/v1/devices/quarantine"))["items"]
    assert len(waiting) == 1


@pytest.mark.parametrize(
    "hostile",
    [
        "{",
        "[]",
        '"hello"',
        '{"type":"bomb"}',
        '{"type":"events","queue_epoch":"x","rows":[]}',
        '{"type":"heartbeat","boot":"x","mono_us":1,"wall_us":1,"oldest_us":1' + "0" * 400 + "}",
    ],
)
async def test_a_malformed_message_closes_the_link_and_harms_nothing_else(
    api: Api, hostile: str
) -> None:
    person, item = await two_things(api)
    key = await enrolled(api, "bench")
    async with linked(api, key) as link:
        await link.say(hostile)
        assert await link.closed() == 4002
    async with linked(api, key) as link:
        ack = await link.send_rows(row(1, {"type": "borrowed", "item": item, "person": person}))
        assert ack.rows[0].status is RowStatus.APPLIED


async def test_a_fact_from_the_future_is_kept_as_uncertain_and_happened_by_now(api: Api) -> None:
    person, item = await two_things(api)
    ahead = {
        "boot": "another-boot",
        "mono_us": 1,
        "wall_us": time.time_ns() // 1000 + 9 * HOUR_US,
        "clock": "known",
    }
    async with linked(api, await enrolled(api, "bench")) as link:
        ack = await link.send_rows(
            row(1, {"type": "borrowed", "item": item, "person": person}, at=ahead)
        )
    assert ack.rows[0].status is RowStatus.APPLIED
    [loan] = await ledger(api)
    assert loan["borrowed_certain"] is False
    assert loan["overdue"] is False


async def test_an_old_disk_is_told_to_begin_a_new_epoch_and_nothing_is_dropped(api: Api) -> None:
    person, item = await two_things(api)
    key = await enrolled(api, "bench")
    async with linked(api, key) as link:
        lent = row(1, {"type": "borrowed", "item": item, "person": person})
        await link.send_rows(lent)
        back = row(1, {"type": "returned", "item": item, "loan": lent["id"]})
        await link.say({"type": "events", "queue_epoch": link.epoch, "rows": [back]})
        assert await link.hear(NewEpoch)
        link.epoch = new_id()  # type: ignore[assignment]
        ack = await link.send_rows(back)
        assert ack.rows[0].status is RowStatus.APPLIED
    [loan] = await ledger(api)
    assert loan["state"] == "returned"


UNREADABLE = {"type": "borrowed", "item": "nothing"}
CARD = {"type": "card_unknown", "card": "04DEADBEEF0080"}


@pytest.mark.parametrize("rows", [(CARD, CARD), (CARD, UNREADABLE), (UNREADABLE, UNREADABLE)])
async def test_a_number_twice_asks_for_a_new_epoch_and_the_link_stands(
    api: Api, rows: tuple[dict[str, Any], ...]
) -> None:
    together, apart = [[row(seq, body) for body in rows] for seq in (1, 2)]
    async with linked(api, await enrolled(api, "bench")) as link:
        await link.say({"type": "events", "queue_epoch": link.epoch, "rows": together})
        assert await link.hear(NewEpoch)
        await link.send_rows(apart[0])
        await link.say({"type": "events", "queue_epoch": link.epoch, "rows": [apart[1]]})
        assert await link.hear(NewEpoch)
        link.epoch = new_id()  # type: ignore[assignment]
        ack = await link.send_rows(*({**each, "seq": 1 + n} for n, each in enumerate(apart)))
        assert [answer.id for answer in ack.rows] == [each["id"] for each in apart]


async def test_numbers_that_never_arrived_are_told_and_repeats_are_not(api: Api) -> None:
    person, item = await two_things(api)

    async def missing() -> bool:
        checks = (await api.get("/api/system/health"))["checks"]
        return any(c["id"] == "missing-rows" and c["status"] == "warning" for c in checks)

    async with linked(api, await enrolled(api, "bench")) as link:
        first = row(1, {"type": "borrowed", "item": item, "person": person})
        await link.send_rows(first)
        await link.send_rows(first, row(2, {"type": "card_unknown", "card": "04DEADBEEF0080"}))
        assert not await missing()
        await link.send_rows(row(5, {"type": "card_unknown", "card": "04DEADBEEF0180"}))
        assert await missing()


async def test_a_second_link_of_the_same_agent_replaces_the_first(api: Api) -> None:
    key = await enrolled(api, "bench")
    async with linked(api, key) as first, linked(api, key) as second:
        assert await first.closed() == 4009
        assert (await second.snapshot())[-1].more is False


async def test_a_revoked_agent_is_shut_out_at_once(api: Api) -> None:
    key = await enrolled(api, "bench")
    async with linked(api, key) as link:
        [agent] = (await api.get("/api/v1/devices/agents"))["items"]
        await api.post(f"/api/v1/devices/agents/{agent['id']}/revoke", {}, status=200)
        assert await link.closed() != 0
    async with opened(api) as (link, challenge):
        await link.say(Greeting(key, challenge).signed(hello_of(link)))
        assert await refused(link) == "revoked"


async def test_a_replica_gets_a_snapshot_then_changes_and_resumes_without_a_second_snapshot(
    api: Api,
) -> None:
    person, item = await two_things(api)
    key = await enrolled(api, "bench")
    async with linked(api, key) as link:

        async def complete() -> bool:
            rows = await link.snapshot()
            return {p.id for c in rows for p in c.people} == {person} and {
                i.id for c in rows for i in c.items
            } == {item}

        assert await complete()
        last = link.changes[-1]
        await api.post("/api/v1/loans", {"item": item, "person": person})

        def lent() -> bool:
            return any(i.loan for c in link.changes for i in c.items)

        while not lent():
            await link.hear(type(last))
    seen = (last.journal_epoch, last.position)
    async with linked(api, key, journal_epoch=seen[0], position=seen[1]) as link:
        while not any(i.loan for c in link.changes for i in c.items):
            await link.hear(type(last))
        assert not any(changes.reset for changes in link.changes)


async def test_ten_thousand_waiting_rows_are_applied_each_once(api: Api) -> None:
    person, _ = await two_things(api)
    items = [
        (await api.post("/api/v1/items", {"code": f"B-{n}", "name": "ボルト"}))["id"]
        for n in range(20)
    ]
    rows: list[dict[str, Any]] = []
    while len(rows) < 10_000:
        for item in items:
            lent = row(len(rows) + 1, {"type": "borrowed", "item": item, "person": person})
            rows.append(lent)
            rows.append(row(len(rows) + 1, {"type": "returned", "item": item, "loan": lent["id"]}))
    async with linked(api, await enrolled(api, "bench")) as link:
        for start in range(0, len(rows), 1000):
            ack = await link.send_rows(*rows[start : start + 1000])
            assert {answer.status for answer in ack.rows} == {RowStatus.APPLIED}
    await until(lambda: _settled(api), "all are in the ledger")


async def _settled(api: Api) -> bool:
    summary = await api.get("/api/v1/loans/summary")
    return summary["out"] == 0 and summary["returned_today"] == 5_000
