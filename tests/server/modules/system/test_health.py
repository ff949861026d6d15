"""What the box says of itself."""

from collections.abc import Sequence

import pytest

from server.kernel.database import Connection
from server.kernel.i18n import LANGUAGES
from server.kernel.module import Check, Finding
from server.modules.system import checks, machine
from server.modules.system.checks import Doctor
from server.modules.system.machine import Disk
from server.modules.system.meters import HttpMeter, LoopMeter
from server.modules.system.model import CheckStatus, Status
from server.shipped import catalogues
from support.api import Api, enrolled, expect

HEALTH = "/api/system/health"
# Every word that any finding gives its sentence.
WORDS: dict[str, str | int] = {
    "waiting": 3,
    "entries": 5,
    "seconds": 7,
    "milliseconds": 130,
    "names": "工具室",
    "path": "/",
    "percent": 91,
    "gigabytes": "1.5",
    "celsius": 80,
    "count": 2,
    "reason": "copy_missing",
}


async def test_without_a_token_only_the_sum_is_told(api: Api) -> None:
    answer = expect(await api.ask("GET", HEALTH, headers={"Authorization": ""}), 200)
    assert set(answer.json) == {"status"}


async def test_with_a_token_every_check_is_told(api: Api) -> None:
    health = await api.get(HEALTH)
    ids = [check["id"] for check in health["checks"]]
    assert {"database", "sealing", "event-loop", "disk", "clock", "agent-silent"} <= set(ids)
    assert all(check["title"] for check in health["checks"])
    assert all(check["detail"] for check in health["checks"] if check["status"] != "ok")


async def test_an_agent_that_says_nothing_is_shown_and_later_an_error(api: Api) -> None:
    await enrolled(api, "工具室")

    async def after(interval: str) -> tuple[str, str]:
        async with api.server.database.connection() as connection:
            await connection.execute(
                "update devices.agent set last_seen_at = now() - $1::text::interval", interval
            )
        [check] = [c for c in (await api.get(HEALTH))["checks"] if c["id"] == "agent-silent"]
        return check["status"], check["detail"]

    assert (await after("1 minute"))[0] == "ok"
    status, detail = await after("3 minutes")
    assert status == "warning"
    assert "工具室" in detail
    status, detail = await after("13 hours")
    assert status == "error"
    assert "12 hours" in detail


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("severity", ["warning", "error"])
async def test_every_check_has_a_title_and_a_sentence_in_both_languages(
    api: Api, language: str, severity: str
) -> None:
    texts = catalogues()
    for module in api.server.parts.modules:
        for check in module.checks:
            assert texts.text(language, f"check-{check.id}")
            detail = texts.text(language, f"check-{check.id}.detail", severity=severity, **WORDS)
            assert "{" not in detail, "a word is missing"


async def test_a_check_that_fails_is_bad_news_and_the_others_are_heard(api: Api) -> None:
    async def broken(_: Connection) -> Finding | None:
        raise RuntimeError("no such table")

    async def well(_: Connection) -> Finding | None:
        return None

    doctor = Doctor(catalogues(), [Check("disk", broken), Check("clock", well)])
    async with api.server.database.connection() as connection:
        health = await doctor.examine(connection, "ja")
    assert health.status is Status.ERROR
    assert [view.status for view in health.checks] == [CheckStatus.ERROR, CheckStatus.OK]


@pytest.mark.parametrize(
    ("used", "severity"),
    [(50, None), (69, None), (70, "warning"), (89, "warning"), (90, "error"), (100, "error")],
)
async def test_a_full_disk_is_told_at_70_and_urgent_at_90_percent(
    api: Api, used: int, severity: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disks() -> Sequence[Disk]:
        return [Disk("/", 1000, 1000), Disk("/var", 1000, 1000 - 10 * used)]

    monkeypatch.setattr(machine, "disks", disks)
    async with api.server.database.connection() as connection:
        finding = await checks.disk(connection)
    assert (finding.severity if finding else None) == severity


async def test_without_its_database_it_still_answers(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.kernel.database import DatabaseUnavailable
    from server.kernel.gateway import Gateway

    async def away(*_: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(Gateway, "_caller", away)
    answer = await api.ask("GET", HEALTH)
    assert answer.status == 503
    assert answer.json == {"status": "error"}
    assert (await api.ask("GET", "/api/v1/people")).status == 503


async def test_metrics_are_prometheus_text_and_need_a_token(api: Api) -> None:
    bare = await api.ask("GET", "/api/system/metrics", headers={"Authorization": ""})
    assert bare.status == 401
    answer = expect(await api.ask("GET", "/api/system/metrics"), 200)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    numbers = [line for line in lines if not line.startswith("#")]
    assert all(float(line.rpartition(" ")[2]) >= 0 for line in numbers)
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {
        "genba_http_requests_total",
        "genba_http_request_duration_seconds",
        "genba_event_loop_delay_p99_seconds",
        "genba_journal_unsealed_entries",
        "genba_agents_online",
        "genba_quarantine_rows",
        "process_resident_memory_bytes",
    } <= names


async def test_the_journal_is_searched_newest_first(api: Api) -> None:
    for code in ("1", "2", "3"):
        await api.post("/api/v1/people", {"code": code, "name": f"人 {code}"})
    async with api.client.ws_connect(
        "/api/v1/live", headers={"Authorization": f"Bearer {api.token}"}
    ) as socket:
        await socket.send_json({"type": "subscribe", "topic": "journal", "after": 0})
        position = 0
        while position < 4:
            position = (await socket.receive_json(timeout=10)).get("position", 0)
    page = await api.get("/api/v1/journal?limit=2")
    assert [entry["body"]["code"] for entry in page["items"]] == ["3", "2"]
    rest = await api.get(f"/api/v1/journal?before={page['next']}")
    assert [entry["kind"] for entry in rest["items"]] == [
        "people.person_created",
        "system.token_created",
    ]
    assert rest["next"] is None
    found = await api.get("/api/v1/journal?module=people&search=人 2")
    assert len(found["items"]) == 1


def test_the_p99_of_the_loops_delay() -> None:
    meter = LoopMeter()
    assert meter.p99_seconds == 0
    for number in range(100):
        meter.note(number / 1000)
    assert meter.p99_seconds == 0.098


def test_answers_are_counted_by_class_and_bucket() -> None:
    meter = HttpMeter()
    meter.note(200, 0.005)
    meter.note(404, 0.3)
    meter.note(503, 60)
    assert meter.by_class == {"2xx": 1, "4xx": 1, "5xx": 1}
    assert meter.buckets[0] == 1
    assert meter.buckets[-1] == 1
    assert sum(meter.buckets) == 3
