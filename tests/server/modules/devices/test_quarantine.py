"""Rows that nobody understood."""

import hashlib

from contract.ids import new_id
from support.api import Api, enrolled

QUARANTINE = "/api/v1/devices/quarantine"


async def quarantined(api: Api, raw: bytes = b'{"id": 5}') -> str:
    agent, row = await enrolled(api, f"端末 {new_id()}"), new_id()
    async with api.server.database.connection() as connection:
        await connection.execute(
            "insert into devices.quarantine (id, agent, reason, raw, digest)"
            " values ($1, $2, 'unreadable', $3, $4)",
            row,
            agent,
            raw,
            hashlib.sha256(raw).digest(),
        )
    return row


async def test_a_quarantined_row_is_shown_as_it_came_even_if_it_is_no_text(api: Api) -> None:
    row = await quarantined(api, b"\xff{")
    [shown] = (await api.get(f"{QUARANTINE}?state=waiting"))["items"]
    assert shown["id"] == row
    assert shown["raw"] == "\ufffd{"
    assert shown["agent_name"].startswith("端末")


async def test_a_discarded_row_is_kept_and_cannot_be_settled_twice(api: Api) -> None:
    row = await quarantined(api)
    settled = await api.post(f"{QUARANTINE}/{row}/discard", {}, status=200)
    assert settled["state"] == "discarded"
    assert settled["settled_by"] == "token:tests"
    assert (await api.get(f"{QUARANTINE}?state=waiting"))["items"] == []
    again = await api.ask("POST", f"{QUARANTINE}/{row}/retry")
    assert again.status == 409
    assert (await api.kinds())[-1] == "devices.quarantine_settled"


async def test_a_row_that_is_still_not_understood_goes_on_waiting(api: Api) -> None:
    row = await quarantined(api)
    assert (await api.post(f"{QUARANTINE}/{row}/retry", {}, status=200))["state"] == "waiting"


async def test_paging_through_the_quarantine_shows_the_newest_first(api: Api) -> None:
    rows = [await quarantined(api, f"{n}".encode()) for n in range(3)]
    first = await api.get(f"{QUARANTINE}?limit=2")
    second = await api.get(f"{QUARANTINE}?limit=2&cursor={first['next']}")
    shown = [row["id"] for page in (first, second) for row in page["items"]]
    assert shown == rows[::-1]
    assert second["next"] is None


async def test_a_row_that_is_not_there_is_not_found(api: Api) -> None:
    assert (await api.ask("POST", f"{QUARANTINE}/{new_id()}/discard")).status == 404
