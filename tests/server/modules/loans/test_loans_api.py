"""Items and loans as an admin handles them over HTTP."""

from typing import Any

from contract.ids import new_id
from support.api import Answer, Api, expect

CSV = {"Content-Type": "text/csv"}


async def a_category(api: Api, name: str = "測定器", loan_days: int | None = 3) -> str:
    body = {"name": name, "name_en": "Instruments", "loan_days": loan_days}
    return str((await api.post("/api/v1/categories", body))["id"])


async def an_item(api: Api, code: str = "T-001", **fields: Any) -> dict[str, Any]:
    item: dict[str, Any] = await api.post(
        "/api/v1/items", {"code": code, "name": "トルクレンチ", **fields}
    )
    return item


async def a_person(api: Api, code: str = "1001", **fields: Any) -> dict[str, Any]:
    person: dict[str, Any] = await api.post(
        "/api/v1/people", {"code": code, "name": "佐藤 花子", **fields}
    )
    return person


async def lend(api: Api, item: dict[str, Any], person: dict[str, Any]) -> Answer:
    return await api.ask("POST", "/api/v1/loans", json={"item": item["id"], "person": person["id"]})


async def test_lent_by_hand_returned_and_never_twice(api: Api) -> None:
    item = await an_item(api, category=await a_category(api))
    person = await a_person(api)
    loan = expect(await lend(api, item, person), 201).json
    assert loan["due_at"] is not None
    assert loan["lent_by"] is None
    refused = expect(await lend(api, item, await a_person(api, "1002")), 409)
    assert refused.json["type"] == "/problems/conflicting"
    returned = await api.post(f"/api/v1/loans/{loan['id']}/return", {}, status=200)
    assert returned["state"] == "returned"
    expect(await api.ask("POST", f"/api/v1/loans/{loan['id']}/return"), 409)


async def test_a_leaver_and_an_item_under_repair_are_refused(api: Api) -> None:
    item, person = await an_item(api), await a_person(api)
    leaver = await a_person(api, "1002", status="left")
    broken = await an_item(api, "T-002", status="maintenance")
    expect(await lend(api, item, leaver), 409)
    expect(await lend(api, broken, person), 409)
    assert (await api.get("/api/v1/loans"))["items"] == []


async def test_a_cancelled_loan_blocks_nothing_and_keeps_its_reason(api: Api) -> None:
    item, person = await an_item(api), await a_person(api)
    loan = expect(await lend(api, item, person), 201).json
    cancelled = await api.post(
        f"/api/v1/loans/{loan['id']}/cancel", {"reason": "押し間違い"}, status=200
    )
    assert (cancelled["state"], cancelled["cancel_reason"]) == ("cancelled", "押し間違い")
    expect(await lend(api, item, person), 201)


async def test_the_same_idempotency_key_lends_once(api: Api) -> None:
    item, person = await an_item(api), await a_person(api)
    body = {"item": item["id"], "person": person["id"]}
    headers = {"Idempotency-Key": new_id()}
    first = await api.ask("POST", "/api/v1/loans", json=body, headers=headers)
    again = await api.ask("POST", "/api/v1/loans", json=body, headers=headers)
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_an_edit_from_an_older_version_is_refused(api: Api) -> None:
    item = await an_item(api)
    path = f"/api/v1/items/{item['id']}"
    expect(await api.ask("PATCH", path, json={"place": "A棚"}), 428)
    first = await api.ask("PATCH", path, json={"place": "A棚"}, headers={"If-Match": '"1"'})
    assert expect(first, 200).headers["ETag"] == '"2"'
    expect(await api.ask("PATCH", path, json={"place": "B棚"}, headers={"If-Match": '"1"'}), 412)
    assert (await api.get(path))["place"] == "A棚"


async def test_search_finds_items_however_they_are_typed(api: Api) -> None:
    await an_item(api)
    await an_item(api, "T-002", name="ノギス 150mm")
    for typed in ("とるく", "トルク", "ﾄﾙｸ", "t-001", "T-001"):
        found = (await api.get("/api/v1/items", params={"search": typed}))["items"]
        assert [item["code"] for item in found] == ["T-001"], typed
    nothing = await api.get("/api/v1/items", params={"search": "100%_"})
    assert nothing["items"] == []


async def test_pages_follow_each_other_without_hole_or_repeat(api: Api) -> None:
    for number in range(7):
        await an_item(api, f"T-{number:03}")
    codes: list[str] = []
    cursor = ""
    while True:
        page = await api.get("/api/v1/items", params={"limit": "3", "cursor": cursor})
        codes += [item["code"] for item in page["items"]]
        assert page["total"] == 7
        if page["next"] is None:
            break
        cursor = page["next"]
    assert codes == [f"T-{number:03}" for number in range(7)]


async def test_a_csv_with_broken_rows_writes_nothing_and_names_each_cell(api: Api) -> None:
    await a_category(api)
    broken = "\r\n".join(
        [
            "code,name,category,status",
            "T-001,トルクレンチ,測定器,available",
            "T-002,,測定器,",
            "T-001,二度目,,",
            ",名無し,,",
            "T-003,ノギス,宝物,",
            "T-004,秤,,broken",
        ]
    )
    answer = await api.ask(
        "POST", "/api/v1/items/import", data=broken.encode("utf-8-sig"), headers=CSV
    )
    report = expect(answer, 200).json
    wrong = {(error["line"], error["field"]) for error in report["errors"]}
    assert wrong == {(3, "name"), (4, "code"), (5, "code"), (6, "category"), (7, "status")}
    assert (await api.get("/api/v1/items"))["items"] == []


async def test_an_import_previews_then_creates_and_an_empty_cell_changes_nothing(api: Api) -> None:
    await a_category(api)
    item = await an_item(api, place="A棚")
    loan = expect(await lend(api, item, await a_person(api)), 201).json
    sheet = "管理番号,名称,分類,保管場所,状態\nT-001,トルクレンチ改,測定器,,\nT-002,ノギス,,,\n"
    path = "/api/v1/items/import"
    raw = sheet.encode("cp932")
    preview = await api.ask("POST", f"{path}?dry_run=true", data=raw, headers=CSV)
    assert expect(preview, 200).json["dry_run"] is True
    assert len((await api.get("/api/v1/items"))["items"]) == 1
    done = expect(await api.ask("POST", path, data=raw, headers=CSV), 200).json
    assert (done["created"], done["changed"], done["unchanged"]) == (1, 1, 0)
    after = await api.get(f"/api/v1/items/{item['id']}")
    assert (after["name"], after["place"]) == ("トルクレンチ改", "A棚")
    assert after["loan"]["id"] == loan["id"]


async def test_exported_loans_open_in_excel_and_defuse_formulas(api: Api) -> None:
    item = await an_item(api, name="=cmd()")
    expect(await lend(api, item, await a_person(api)), 201)
    answer = await api.ask("GET", "/api/v1/loans.csv")
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert "'=cmd()" in answer.body.decode("utf-8-sig")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="loans.csv"'


async def test_the_summary_counts_what_is_out(api: Api) -> None:
    item = await an_item(api, category=await a_category(api))
    expect(await lend(api, item, await a_person(api)), 201)
    summary = await api.get("/api/v1/loans/summary")
    assert (summary["out"], summary["overdue"], summary["items"]) == (1, 0, 1)
    assert summary["out_by_category"] == [{"name": "測定器", "count": 1}]
    assert summary["borrowed_today"] == 1


async def test_a_changed_category_counts_for_loans_to_come(api: Api) -> None:
    category = await a_category(api)
    item, person = await an_item(api, category=category), await a_person(api)
    await api.ask(
        "PATCH",
        f"/api/v1/categories/{category}",
        json={"loan_days": None},
        headers={"If-Match": '"1"'},
    )
    assert expect(await lend(api, item, person), 201).json["due_at"] is None


async def test_filters_and_searches_of_loans(api: Api) -> None:
    wrench, person = await an_item(api), await a_person(api)
    caliper = await an_item(api, "T-002", name="ノギス")
    first = expect(await lend(api, wrench, person), 201).json
    expect(await lend(api, caliper, person), 201)
    await api.post(f"/api/v1/loans/{first['id']}/return", {}, status=200)

    async def codes(**filters: str) -> list[str]:
        page = await api.get("/api/v1/loans", params=filters)
        return sorted(loan["item_code"] for loan in page["items"])

    assert await codes(state="open") == ["T-002"]
    assert await codes(state="returned") == ["T-001"]
    assert await codes(search="のぎす") == ["T-002"]
    assert await codes(search="佐藤") == ["T-001", "T-002"]
    assert await codes(item=wrench["id"]) == ["T-001"]
    assert await codes(overdue="true") == []
    assert await codes(until="2020-01-01T00:00:00Z") == []
