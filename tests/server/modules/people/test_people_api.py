"""Persons and cards over the API."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.api import Api, expect

PEOPLE = "/api/v1/people"
CARDS = "/api/v1/cards"
CSV = {"Content-Type": "text/csv"}
MISSING = "01900000-0000-7000-8000-000000000000"


async def person(api: Api, code: str = "1001", **fields: str) -> Any:
    return await api.post(PEOPLE, {"code": code, "name": f"社員 {code}", **fields})


async def imported(api: Api, text: str, *, dry_run: bool = False) -> Mapping[str, Any]:
    query = "true" if dry_run else "false"
    answer = await api.ask(
        "POST", f"{PEOPLE}/import?dry_run={query}", data=text.encode(), headers=CSV
    )
    found: Mapping[str, Any] = expect(answer, 200).json
    return found


async def test_a_person_is_found_however_the_name_is_typed(api: Api) -> None:
    await person(api, "1001", name="山田 太郎", reading="やまだ たろう", department="製造一課")
    await person(api, "Ａ-2", name="鈴木 花子", reading="スズキ ハナコ")
    for search, code in [
        ("やまだ", "1001"),
        ("ヤマダ", "1001"),
        ("ﾔﾏﾀﾞ", "1001"),
        ("山田", "1001"),
        ("製造", "1001"),
        ("すずき", "Ａ-2"),
        ("a-2", "Ａ-2"),
    ]:
        page = await api.get(PEOPLE, params={"search": search})
        assert [found["code"] for found in page["items"]] == [code], search
    for nothing in ("%", "_", "\\", "田中"):
        assert (await api.get(PEOPLE, params={"search": nothing}))["total"] == 0


async def test_persons_are_filtered_by_status_and_department(api: Api) -> None:
    await person(api, "1", department="製造一課")
    await person(api, "2", department="製造二課", status="left")
    assert (await api.get(f"{PEOPLE}?status=left"))["total"] == 1
    assert (await api.get(PEOPLE, params={"department": "製造一課"}))["total"] == 1
    departments = await api.get(f"{PEOPLE}/departments")
    assert departments == {"departments": ["製造一課", "製造二課"]}


async def test_a_code_belongs_to_one_person(api: Api) -> None:
    await person(api, "1")
    answer = await api.ask("POST", PEOPLE, json={"code": "1", "name": "x"})
    assert answer.status == 409
    assert answer.json["field"] == "code"
    other = await person(api, "2")
    headers = {"If-Match": '"1"'}
    answer = await api.ask("PATCH", f"{PEOPLE}/{other['id']}", json={"code": "1"}, headers=headers)
    assert answer.status == 409


async def test_a_change_is_journalled_with_old_and_new(api: Api) -> None:
    made = await person(api, "1", department="製造一課")
    path = f"{PEOPLE}/{made['id']}"
    change = {"department": "製造二課", "name": made["name"]}
    expect(await api.ask("PATCH", path, json=change, headers={"If-Match": '"1"'}), 200)
    same = await api.ask("PATCH", path, json=change, headers={"If-Match": '"2"'})
    assert expect(same, 200).json["version"] == 2, "nothing differs, nothing is written"
    async with api.server.database.connection() as connection:
        body = await connection.fetchval(
            "select body from journal.entry where kind = 'people.person_changed'"
        )
    assert '"before":{"department":"製造一課"},"after":{"department":"製造二課"}' in body


async def test_a_card_is_written_in_one_way_and_belongs_to_one_holder(api: Api) -> None:
    made = await person(api)
    card = await api.post(CARDS, {"uid": "04:a2:b3:c4:d5:e6:80", "person": made["id"]})
    assert card["uid"] == "04A2B3C4D5E680"
    assert (card["kind"], card["holder_id"]) == ("person", made["id"])
    again = await api.ask("POST", CARDS, json={"uid": "04A2B3C4D5E680", "person": made["id"]})
    assert again.status == 409
    shown = await api.get(f"{PEOPLE}/{made['id']}")
    assert [c["uid"] for c in shown["cards"]] == ["04A2B3C4D5E680"]
    assert shown["version"] == 2


@pytest.mark.parametrize(
    ("uid", "technology", "expected"),
    [
        ("08ABCDEF", "iso14443a", "random_uid"),
        ("04A2B3C4D5E680", "iso14443b", "changing_uid"),
        ("not a card", "unknown", "04A2B3C4D5E680"),
    ],
)
async def test_a_card_that_can_stand_for_nobody_is_refused_with_the_reason(
    api: Api, uid: str, technology: str, expected: str
) -> None:
    made = await person(api)
    answer = await api.ask(
        "POST", CARDS, json={"uid": uid, "technology": technology, "person": made["id"]}
    )
    assert answer.status == 422
    assert (answer.json["field"], answer.json["expected"]) == ("uid", expected)


async def test_a_card_needs_exactly_one_holder_that_exists(api: Api) -> None:
    made = await person(api)
    uid = "04A2B3C4D5E680"
    for body in ({"uid": uid}, {"uid": uid, "person": made["id"], "item": made["id"]}):
        assert (await api.ask("POST", CARDS, json=body)).status == 422
    for body in ({"uid": uid, "person": MISSING}, {"uid": uid, "item": MISSING}):
        assert (await api.ask("POST", CARDS, json=body)).status == 404
    for body in ({"uid": uid, "person": "x"}, {"uid": uid, "item": "x"}):
        assert (await api.ask("POST", CARDS, json=body)).status == 404
    assert (await api.get(CARDS))["items"] == []


async def test_a_lost_card_is_blocked_at_once_and_once(api: Api) -> None:
    made = await person(api)
    await api.post(CARDS, {"uid": "04A2B3C4D5E680", "person": made["id"]})
    path = f"{CARDS}/04A2B3C4D5E680"
    blocked = await api.post(f"{path}/block", {"reason": "紛失"}, status=200)
    assert blocked["blocked"]
    assert blocked["block_reason"] == "紛失"
    await api.post(f"{path}/block", {"reason": "紛失"}, status=200)
    assert (await api.kinds()).count("people.card_blocked") == 1
    assert len((await api.get(f"{CARDS}?blocked=true"))["items"]) == 1
    assert not (await api.post(f"{path}/unblock", {}, status=200))["blocked"]
    assert (await api.get(f"{CARDS}?blocked=true"))["items"] == []


async def test_a_removed_card_is_unknown(api: Api) -> None:
    made = await person(api)
    await api.post(CARDS, {"uid": "04A2B3C4D5E680", "person": made["id"]})
    assert (await api.ask("DELETE", f"{CARDS}/04A2B3C4D5E680")).status == 204
    assert (await api.ask("DELETE", f"{CARDS}/04A2B3C4D5E680")).status == 404
    assert (await api.get(f"{PEOPLE}/{made['id']}"))["cards"] == []


async def test_cards_are_found_by_uid_and_by_their_holder(api: Api) -> None:
    made = await person(api, "1", name="山田 太郎", reading="やまだ")
    item = await api.post("/api/v1/items", {"code": "T-1", "name": "ノギス"})
    await api.post(CARDS, {"uid": "04A2B3C4D5E680", "person": made["id"]})
    await api.post(CARDS, {"uid": "04FFFFFFFFFF80", "item": item["id"]})
    for search, uid in [
        ("04a2", "04A2B3C4D5E680"),
        ("ヤマダ", "04A2B3C4D5E680"),
        ("ノギス", "04FFFFFFFFFF80"),
    ]:
        found = (await api.get(CARDS, params={"search": search}))["items"]
        assert [card["uid"] for card in found] == [uid], search
    [tag] = (await api.get(f"{CARDS}?kind=item"))["items"]
    assert (tag["holder_code"], tag["holder_name"]) == ("T-1", "ノギス")


async def test_cards_are_paged_newest_first(api: Api) -> None:
    made = await person(api)
    uids = [f"04A2B3C4D5E6{n:02X}" for n in range(5)]
    for uid in uids:
        await api.post(CARDS, {"uid": uid, "person": made["id"]})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await api.get(f"{CARDS}?limit=2&cursor={cursor}")
        seen += [card["uid"] for card in page["items"]]
        cursor = page["next"]
    assert seen == uids[::-1]


async def test_an_import_creates_changes_and_leaves_alone(api: Api) -> None:
    await person(api, "1", name="山田", department="製造一課")
    await person(api, "2", name="鈴木")
    report = await imported(
        api, "社員番号,氏名,部署\n1,山田,製造二課\n2,鈴木,\n3,佐藤,品質保証課\n"
    )
    assert (report["rows"], report["created"], report["changed"], report["unchanged"]) == (
        3,
        1,
        1,
        1,
    )
    page = await api.get(PEOPLE, params={"search": "製造二課"})
    assert [found["code"] for found in page["items"]] == ["1"]


async def test_an_empty_cell_changes_nothing(api: Api) -> None:
    made = await person(api, "1", department="製造一課", status="suspended")
    await imported(api, "code,name,department,status\n1,山田,,\n")
    shown = await api.get(f"{PEOPLE}/{made['id']}")
    assert (shown["department"], shown["status"]) == ("製造一課", "suspended")


async def test_a_dry_run_only_says_what_would_happen(api: Api) -> None:
    report = await imported(api, "code,name\n1,山田\n", dry_run=True)
    assert (report["created"], report["dry_run"]) == (1, True)
    assert (await api.get(PEOPLE))["total"] == 0


async def test_one_broken_row_stops_the_import_and_every_error_names_its_line(api: Api) -> None:
    report = await imported(
        api, "code,name,status\n1,山田,active\n2,,active\n,佐藤,\n4,鈴木,asleep\n1,山田,\n"
    )
    assert [(e["line"], e["field"]) for e in report["errors"]] == [
        (3, "name"),
        (4, "code"),
        (5, "status"),
        (6, "code"),
    ]
    assert (report["created"], report["changed"], report["unchanged"]) == (1, 0, 0)
    assert (await api.get(PEOPLE))["total"] == 0


async def test_an_unknown_column_is_refused(api: Api) -> None:
    answer = await api.ask("POST", f"{PEOPLE}/import", data=b"code,colour\n1,red\n", headers=CSV)
    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == "colour"


@pytest.mark.parametrize(("language", "heading"), [("ja", "社員番号"), ("en", "code")])
async def test_an_export_can_be_imported_again(api: Api, language: str, heading: str) -> None:
    await person(api, "1", name="=山田", reading="やまだ", notes='a "b", c')
    answer = await api.ask("GET", f"{PEOPLE}.csv", headers={"Accept-Language": language})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "people.csv" in answer.headers["Content-Disposition"]
    text = answer.body.decode("utf-8-sig")
    assert text.startswith(heading)
    report = await imported(api, text)
    assert (report["unchanged"], report["errors"]) == (1, [])
