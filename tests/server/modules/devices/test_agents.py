"""Enrolling, renaming and revoking agents, and how they are."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from contract.ids import AgentId
from contract.link import Heartbeat, ReaderReport, ReaderState
from contract.moment import Clock
from contract.proof import site_fingerprint
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.modules.devices.model import status_of
from server.modules.devices.service import Devices, changed_readers
from support.api import Api, expect

AGENTS = "/api/v1/devices/agents"
ENROLMENTS = "/api/v1/devices/enrolments"
ENROL = "/api/v1/devices/enrol"

READY = ReaderReport("ACR122U", "pcsc", ReaderState.READY)


def heartbeat(*readers: ReaderReport, waiting: int = 0) -> Heartbeat:
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    return Heartbeat("boot", 1_000_000, now, Clock.KNOWN, waiting, 2_500_000, readers, True)


def key(letter: str = "k") -> str:
    """Return 32 bytes as JSON has them."""
    return base64.b64encode(letter.encode() * 32).decode()


async def enrolled(api: Api, name: str = "工具室", letter: str = "k") -> AgentId:
    token = (await api.post(ENROLMENTS, {"name": name, "place": "1F"}))["token"]
    answer = await api.post(ENROL, {"token": token, "agent_key": key(letter)}, status=200)
    return AgentId(answer["agent"])


async def beat(api: Api, agent: AgentId, said: Heartbeat, version: str | None = None) -> None:
    devices = Devices(Journal(api.server.database))

    async def work(connection: Connection) -> None:
        await devices.note_heartbeat(connection, agent, said, version)

    await api.server.database.run(work)


async def test_a_token_enrols_one_agent_once(api: Api) -> None:
    enrolment = await api.post(ENROLMENTS, {"name": "工具室", "place": "1F"})
    until = datetime.fromisoformat(enrolment["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < until <= timedelta(hours=24)
    asked = {"token": enrolment["token"], "agent_key": key()}
    first = await api.ask("POST", ENROL, json=asked, headers={"Authorization": ""})
    assert expect(first, 200).json["name"] == "工具室"
    again = await api.ask("POST", ENROL, json=asked | {"agent_key": key("x")})
    assert again.status == 403
    assert again.json["type"] == "/problems/enrolment-refused"
    [agent] = (await api.get(AGENTS))["items"]
    assert (agent["name"], agent["place"], agent["online"]) == ("工具室", "1F", False)


async def test_a_token_tells_by_which_keys_the_site_is_known(api: Api) -> None:
    token = (await api.post(ENROLMENTS, {"name": "工具室"}))["token"]
    site = expect(
        await api.ask("GET", "/api/v1/devices/site", headers={"Authorization": ""}), 200
    ).json
    fingerprint = site_fingerprint(base64.b64decode(site["site_key"]), site["ca"])
    assert token.endswith(f".{fingerprint}")


async def test_a_key_belongs_to_one_agent_for_ever(api: Api) -> None:
    agent = await enrolled(api)
    await api.post(f"{AGENTS}/{agent}/revoke", {}, status=200)
    token = (await api.post(ENROLMENTS, {"name": "二号"}))["token"]
    answer = await api.ask("POST", ENROL, json={"token": token, "agent_key": key()})
    assert answer.status == 409
    assert answer.json["field"] == "agent_key"


@pytest.mark.parametrize("bad", ["", "AAAA", key()[:-4], "?" * 44, 7, None])
async def test_what_is_no_key_is_refused_at_the_edge(api: Api, bad: object) -> None:
    token = (await api.post(ENROLMENTS, {"name": "工具室"}))["token"]
    answer = await api.ask("POST", ENROL, json={"token": token, "agent_key": bad})
    assert answer.status == 422


async def test_an_expired_token_enrols_nobody(api: Api) -> None:
    token = (await api.post(ENROLMENTS, {"name": "工具室"}))["token"]
    async with api.server.database.connection() as connection:
        await connection.execute("update devices.enrolment set expires_at = now()")
    asked = {"token": token, "agent_key": key()}
    assert (await api.ask("POST", ENROL, json=asked)).status == 403


async def test_a_name_in_use_is_refused_and_a_revoked_agents_name_is_free(api: Api) -> None:
    agent = await enrolled(api)
    taken = await api.ask("POST", ENROLMENTS, json={"name": "工具室"})
    assert taken.status == 409
    assert taken.json["field"] == "name"
    await api.post(f"{AGENTS}/{agent}/revoke", {}, status=200)
    assert await enrolled(api, letter="n") != agent


async def test_a_heartbeat_is_shown_and_never_journalled(api: Api) -> None:
    agent = await enrolled(api)
    await beat(api, agent, heartbeat(READY, waiting=3), "0.1.0")
    before = await api.kinds()
    await beat(api, agent, heartbeat(READY, waiting=4))
    assert await api.kinds() == before
    shown = await api.get(f"{AGENTS}/{agent}")
    assert shown["online"]
    assert shown["version"] == "0.1.0"
    assert shown["waiting"] == 4
    assert shown["oldest_seconds"] == 2.5
    assert shown["clock"] == "known"
    assert shown["kiosk_drawing"]
    assert shown["readers"] == [
        {"reader": "ACR122U", "driver": "pcsc", "state": "ready", "message": ""}
    ]
    assert shown["version_no"] == 1, "a heartbeat is no edit"


async def test_coming_going_and_a_changed_reader_are_news(api: Api) -> None:
    agent = await enrolled(api)
    devices = Devices(Journal(api.server.database))
    await beat(api, agent, heartbeat(), "0.1.0")
    await beat(api, agent, heartbeat(READY))
    gone = ReaderReport("ACR122U", "pcsc", ReaderState.ABSENT, "unplugged")
    await beat(api, agent, heartbeat(gone))

    async def leave(connection: Connection) -> None:
        await devices.note_gone(connection, agent)

    await api.server.database.run(leave)
    await api.server.database.run(leave)
    assert (await api.kinds())[-4:] == [
        "devices.agent_connected",
        "devices.reader_changed",
        "devices.reader_changed",
        "devices.agent_disconnected",
    ]
    assert not (await api.get(f"{AGENTS}/{agent}"))["online"]


async def test_an_agent_long_unheard_of_is_not_online(api: Api) -> None:
    agent = await enrolled(api)
    await beat(api, agent, heartbeat(), "0.1.0")
    async with api.server.database.connection() as connection:
        await connection.execute(
            "update devices.agent set last_seen_at = now() - interval '31 seconds'"
        )
    assert not (await api.get(f"{AGENTS}/{agent}"))["online"]


async def test_an_admins_name_for_an_agent_outlives_its_heartbeats(api: Api) -> None:
    agent = await enrolled(api)
    path = f"{AGENTS}/{agent}"
    change = {"name": "第二工具室"}
    answer = await api.ask("PATCH", path, json=change, headers={"If-Match": '"1"'})
    assert expect(answer, 200).headers["ETag"] == '"2"'
    await beat(api, agent, heartbeat(), "0.1.0")
    shown = await api.get(path)
    assert (shown["name"], shown["place"], shown["version_no"]) == ("第二工具室", "1F", 2)
    stale = await api.ask("PATCH", path, json={"place": "2F"}, headers={"If-Match": '"1"'})
    assert stale.status == 412


async def test_a_revoked_agent_is_told_apart_and_stays_away(api: Api) -> None:
    agent = await enrolled(api)
    await beat(api, agent, heartbeat(), "0.1.0")
    await api.post(f"{AGENTS}/{agent}/revoke", {}, status=200)
    await api.post(f"{AGENTS}/{agent}/revoke", {}, status=200)
    assert (await api.kinds()).count("devices.agent_revoked") == 1
    await beat(api, agent, heartbeat())
    shown = await api.get(f"{AGENTS}/{agent}")
    assert shown["revoked"]
    assert not shown["online"]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ((), (READY,), [("ACR122U", "ready", "")]),
        ((READY,), (READY,), []),
        ((READY,), (), [("ACR122U", "", "")]),
        (
            (READY,),
            (ReaderReport("ACR122U", "pcsc", ReaderState.READY, "card_unreadable"),),
            [("ACR122U", "ready", "card_unreadable")],
        ),
    ],
)
def test_what_changed_of_the_readers(
    before: tuple[ReaderReport, ...],
    after: tuple[ReaderReport, ...],
    changes: list[tuple[str, str, str]],
) -> None:
    assert changed_readers(before, after) == changes


def test_an_agents_clock_is_compared_with_the_servers() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    ahead = int(now.timestamp() * 1_000_000) + 1_500_000
    assert status_of(Heartbeat("boot", 1, ahead), now).clock_offset_ms == 1500
