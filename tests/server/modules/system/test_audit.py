"""The audit trail over HTTP: who, what, from where, when; as a file; verified."""

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.kernel.database import Connection
from server.settings import AuditSettings, Settings
from support.api import Api, expect, open_api
from support.browser_session import BrowserSession, signed_in
from support.journal_entries import until

JOURNAL = "/api/v1/journal"


async def sealed(api: Api, kind: str, count: int = 1) -> list[dict[str, Any]]:
    """Return the entries of a kind once so many are sealed."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = (await api.get(f"{JOURNAL}?kind={kind}"))["items"]
        return len(found) >= count

    await until(there)
    return found


async def verified(api: Api, *, whole: bool = True) -> dict[str, Any]:
    """Ask for a verification and return it when it has ended."""
    asked = await api.post("/api/v1/audit/verifications", {"whole": whole}, status=202)
    assert asked["state"] == "waiting"
    state: dict[str, Any] = {}

    async def ended() -> bool:
        state.update(await api.get("/api/v1/audit"))
        return state["verification"]["state"] in ("sound", "faulty")

    await until(ended)
    return state


async def tamper(api: Api, statement: str) -> None:
    async def work(connection: Connection) -> None:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(statement)

    await api.server.database.run(work)


async def test_an_entry_says_from_where_who_and_what_by_name(api: Api) -> None:
    person = await api.post("/api/v1/people", {"code": "E1", "name": "山田"})
    await sealed(api, "people.person_created")
    page = await api.get(f"{JOURNAL}?kind=people.person_created")
    [entry] = page["items"]
    assert entry["address"] == "127.0.0.1"
    assert page["names"] == {person["id"]: "山田"}


async def test_a_name_typed_at_the_sign_in_that_resembles_an_id_hides_no_entry(api: Api) -> None:
    typed = f"{0:032x}----"
    refused = await BrowserSession(api).sign_in(typed)
    assert refused.status == 403
    await sealed(api, "accounts.sign_in_refused")
    [entry] = (await api.get(f"{JOURNAL}?kind=accounts.sign_in_refused"))["items"]
    assert entry["subject"] == typed


async def test_refused_sign_ins_are_found_by_address_and_by_time(api: Api) -> None:
    browser = await signed_in(api, "jiro")
    assert (await browser.sign_in("jiro", "wrong")).status == 403
    [entry] = await sealed(api, "accounts.sign_in_refused")
    at = entry["at"]
    for query, found in (
        ("address=127.0.0.1", True),
        ("address=10.9.9.9", False),
        (f"address=127.0.0.1&module=accounts&since={at}", True),
        (f"module=accounts&until={at}", False),
        (f"since={at}", True),
        (f"until={at}", False),
        ("since=2100-01-01T00:00:00Z", False),
        ("until=2001-01-01T00:00:00Z", False),
        ("search=127.0.0.1", True),
    ):
        items = (await api.get(f"{JOURNAL}?{query}"))["items"]
        assert (entry["id"] in [each["id"] for each in items]) is found, query


async def test_a_time_without_zone_is_refused(api: Api) -> None:
    assert (await api.ask("GET", f"{JOURNAL}?since=2026-01-01T00:00:00")).status == 400


@pytest.mark.parametrize(
    "query",
    [
        "since=0001-01-01T00:00:00Z",
        "until=9999-12-31T23:59:59Z",
        "since=yesterday",
        "search=%00",
        "before=99999999999999999999999",
    ],
)
@pytest.mark.parametrize("path", [JOURNAL, f"{JOURNAL}.csv", f"{JOURNAL}.jsonl"])
async def test_what_cannot_be_searched_for_is_refused_before_anything_is_sent(
    api: Api, path: str, query: str
) -> None:
    answer = await api.ask("GET", f"{path}?{query}")
    assert answer.status == 400
    assert answer.json["type"] == "/problems/malformed"


async def test_a_copy_that_is_away_is_bad_news(database_url: str, tmp_path: Path) -> None:
    settings = Settings(audit=AuditSettings(str(tmp_path / "usb")))
    async with open_api(database_url, settings) as api:
        await api.server.parts.checkpoints.write()
        checks = (await api.get("/api/system/health"))["checks"]
        [check] = [c for c in checks if c["id"] == "checkpoints"]
        assert check["status"] == "warning"
        assert "USB" in check["detail"]
        assert (await api.get("/api/v1/audit"))["trouble"] == "copy_missing"


async def test_after_faults_the_nightly_verification_looks_at_everything(api: Api) -> None:
    await api.post("/api/v1/people", {"code": "E1", "name": "山田"})
    await sealed(api, "people.person_created")
    assert (await verified(api))["verification"]["state"] == "sound"
    await tamper(api, "update journal.entry set actor = 'x' where kind = 'people.person_created'")
    assert (await verified(api, whole=False))["verification"]["state"] == "sound", "not looked at"
    assert (await verified(api))["verification"]["state"] == "faulty"
    again = (await verified(api, whole=False))["verification"]
    assert (again["state"], again["from_position"]) == ("faulty", 0)


async def test_the_journal_is_for_those_who_may(api: Api) -> None:
    viewer = await signed_in(api, "jiro", "viewer")
    for path in (JOURNAL, f"{JOURNAL}.csv", f"{JOURNAL}.jsonl", "/api/v1/audit"):
        assert (await viewer.ask("GET", path)).status == 403
    manager = await signed_in(api, "saburo", "manager")
    expect(await manager.ask("GET", JOURNAL), 200)
    assert (await manager.ask("GET", f"{JOURNAL}.csv")).status == 403


async def test_a_whole_search_is_exported_as_csv_that_excel_reads(api: Api) -> None:
    for number in range(3):
        await api.post("/api/v1/people", {"code": f"E{number}", "name": f"=山田{number}"})
    await sealed(api, "people.person_created", 3)
    answer = await api.ask("GET", f"{JOURNAL}.csv?kind=people.person_created")
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert [row["subject_name"] for row in rows] == ["'=山田2", "'=山田1", "'=山田0"]
    assert rows[0]["after"].startswith("code: E2; name: ")
    assert rows[0]["address"] == "127.0.0.1"


async def test_more_than_a_page_is_exported_as_json_lines(api: Api) -> None:
    body = "code,name\r\n" + "".join(f"C{n:04},人{n}\r\n" for n in range(1_100))
    headers = {"Content-Type": "text/csv"}
    path = "/api/v1/people/import"
    expect(await api.ask("POST", path, data=body.encode(), headers=headers), 200)
    await sealed(api, "people.person_created", 50)
    answer = await api.ask("GET", f"{JOURNAL}.jsonl?module=people")
    lines = [msgspec.json.decode(line) for line in answer.body.splitlines()]
    assert len(lines) == 1_100
    assert {line["kind"] for line in lines} == {"people.person_created"}
    assert lines[0]["names"] == {lines[0]["subject"]: "人1099"}


async def test_the_journal_is_verified_on_demand_and_faults_are_told(api: Api) -> None:
    await api.post("/api/v1/people", {"code": "E1", "name": "山田"})
    [entry] = await sealed(api, "people.person_created")
    await api.server.parts.checkpoints.write()
    state = await verified(api)
    assert state["verification"]["state"] == "sound"
    assert state["verification"]["position"] == state["position"] >= 1
    assert state["last_sound_at"]
    assert state["checkpoint"]["position"] >= entry["position"]
    assert len(bytes.fromhex(state["public_key"])) == 32

    await tamper(api, "update journal.entry set actor = 'x' where kind = 'people.person_created'")
    state = await verified(api)
    assert state["verification"]["state"] == "faulty"
    [fault] = state["verification"]["faults"]
    assert (fault["kind"], fault["position"]) == ("changed", entry["position"])
    [check] = [c for c in (await api.get("/api/system/health"))["checks"] if c["id"] == "tampering"]
    assert check["status"] == "error"
    assert "1" in check["detail"]


async def test_the_nightly_verification_goes_on_where_the_last_one_ended(api: Api) -> None:
    await api.post("/api/v1/people", {"code": "E1", "name": "山田"})
    await sealed(api, "people.person_created")
    first = await verified(api)
    await api.post("/api/v1/people", {"code": "E2", "name": "鈴木"})
    await sealed(api, "people.person_created", 2)
    second = (await verified(api, whole=False))["verification"]
    assert second["from_position"] == first["verification"]["position"]
    assert second["state"] == "sound"


async def test_checkpoints_that_disappear_are_noticed(api: Api) -> None:
    await sealed(api, "system.token_created")
    await api.server.parts.checkpoints.write()
    for path in Path(api.server.parts.checkpoints.folder).glob("*.jsonl"):
        path.unlink()
    verification = (await verified(api))["verification"]
    assert [fault["kind"] for fault in verification["faults"]] == ["checkpoint_missing"]
