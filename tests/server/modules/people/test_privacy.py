"""Disclosure and erasure of a person, over all modules, in the database, files and journal."""

import csv
import io
import zipfile
from typing import Any

import msgspec
import pytest

from contract.replica import PersonStatus
from server.kernel.database import Connection
from server.kernel.journal_verify import FaultKind, verify
from server.modules.loans.replica import LoanReplica
from server.modules.loans.tags import Tags
from server.modules.people.service import People
from support.api import Api, expect
from support.browser_session import PASSWORD, BrowserSession, account, set_up
from support.journal_entries import until

NAME, CODE, LOGIN = "冨樫 未来", "E-2024", "togashi.miku"
CARD, LOST_CARD = "0123456789ABCDEF", "04A1B2C3D4E5F6"
SECRETS = (NAME, "とがし みく", "総務部", CODE, CARD, LOST_CARD, LOGIN, "冬眠する", "返し忘れ")


async def a_life(api: Api) -> str:
    """Somebody with cards, an account, loans and entries; nothing is open. Returns their id."""
    await set_up(api)
    draft = {"code": CODE, "name": NAME, "reading": "とがし みく", "department": "総務部"}
    person = (await api.post("/api/v1/people", {**draft, "notes": "冬眠する"}))["id"]
    for uid in (CARD, LOST_CARD):
        await api.post("/api/v1/cards", {"uid": uid, "technology": "felica", "person": person})
    expect(await api.ask("DELETE", f"/api/v1/cards/{LOST_CARD}"), 204)
    made = await account(api, LOGIN, "viewer")
    found = await api.ask("GET", f"/api/v1/accounts/{made}")
    change = {"If-Match": found.headers["ETag"]}
    path = f"/api/v1/accounts/{made}"
    expect(await api.ask("PATCH", path, json={"person": person}, headers=change), 200)
    browser = BrowserSession(api)
    assert (await browser.sign_in(LOGIN, "wrong")).status == 403
    expect(await browser.sign_in(LOGIN, PASSWORD), 200)
    expect(await browser.ask("GET", "/api/v1/loans"), 200)
    api.client.session.cookie_jar.clear()
    item = await api.post("/api/v1/items", {"code": "T1", "name": "トルクレンチ"})
    for close, body in (("return", {}), ("cancel", {"reason": f"{NAME} の返し忘れ"})):
        key = {"Idempotency-Key": f"lend-{close}"}
        wanted = {"item": item["id"], "person": person}
        lent = await api.ask("POST", "/api/v1/loans", json=wanted, headers=key)
        loan = expect(lent, 201).json["id"]
        expect(await api.ask("POST", f"/api/v1/loans/{loan}/{close}", json=body), 200)
    return str(person)


async def erased(api: Api, person: str) -> dict[str, Any]:
    """Erase, and wait until the journal is redacted."""
    answer = await api.post(f"/api/v1/people/{person}/erase", {"code": CODE}, status=200)

    async def redacted() -> bool:
        async with api.server.database.connection() as connection:
            found = await connection.fetchval(
                "select redacted_at is not null from people.erasure where person = $1", person
            )
        return bool(found)

    await until(redacted)
    return dict(answer)


async def everything(api: Api) -> str:
    """Return the text of every row of every table."""
    async with api.server.database.connection() as connection:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        texts = []
        for table in tables:
            for row in await connection.fetch(f"select * from {table['name']} t"):
                cells = [
                    cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
                    for cell in row.values()
                ]
                texts.append(f"{table['name']}: {' | '.join(cells)}")
    return "\n".join(texts)


async def test_everything_held_on_a_person_is_handed_out(api: Api) -> None:
    person = await a_life(api)

    async def sealed() -> bool:
        return (await api.get("/api/v1/audit"))["position"] == len(await api.kinds())

    await until(sealed)
    answer = await api.ask("GET", f"/api/v1/people/{person}/privacy.zip")
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        sets = {
            each["name"]: each["rows"] for each in msgspec.json.decode(archive.read("data.json"))
        }
        page = archive.read("index.html").decode()
        loans = archive.read("loans.loans.csv").decode("utf-8-sig")
    assert sets["people.profile"][0]["name"] == NAME
    assert [card["uid"] for card in sets["people.cards"]] == [CARD]
    assert sets["accounts.account"][0]["login"] == LOGIN
    assert len(sets["loans.loans"]) == 2
    kinds = {row["kind"] for row in sets["people.journal"]}
    assert {"people.person_created", "loans.lent", "accounts.signed_in"} <= kinds
    assert "argon2" not in answer.body.decode("latin-1")
    assert NAME in page
    assert len(list(csv.DictReader(io.StringIO(loans)))) == 2
    assert "people.person_exported" in await api.kinds()


async def test_a_person_is_forgotten_in_every_table_and_the_journal_stays_sound(api: Api) -> None:
    person = await a_life(api)
    await api.server.parts.checkpoints.write()
    before = await everything(api)
    assert all(secret in before for secret in SECRETS), "or the test proves nothing"
    stands_for = await erased(api, person)
    after = await everything(api)
    for secret in SECRETS:
        assert secret not in after, [row for row in after.splitlines() if secret in row][:3]
    async with api.server.database.connection() as connection:
        report = await verify(connection)
    assert report.faults == []
    assert report.redacted > 5
    loans = (await api.get("/api/v1/loans"))["items"]
    assert {loan["person_name"] for loan in loans} == {stands_for["name"]}
    assert (await api.get("/api/v1/people"))["items"] == []
    assert (await BrowserSession(api).sign_in(LOGIN, PASSWORD)).status == 403


async def test_kiosks_forget_the_person_by_the_same_news(api: Api) -> None:
    person = await a_life(api)
    stands_for = await erased(api, person)
    journal = api.server.parts.journal
    replica = LoanReplica(People(journal, Tags()))
    async with api.server.database.connection() as connection:
        entries = await journal.read(connection, 0, limit=1_000)
        [last] = [e for e in entries if e.kind == "people.person_erased"]
        [row], _ = await replica.changed(connection, [last])
        [still], _ = await replica.changed(connection, entries)
    assert row == still
    assert (row.name, row.code, row.cards) == (stands_for["name"], stands_for["code"], ())
    assert row.status is PersonStatus.LEFT


async def test_the_address_of_what_a_person_did_goes_too(api: Api) -> None:
    person = await a_life(api)
    await erased(api, person)
    async with api.server.database.connection() as connection:
        left = await connection.fetchval(
            "select count(*) from journal.entry e join accounts.account a"
            " on e.actor = 'account:' || a.id where a.login like 'X-%' and e.address is not null"
        )
    assert left == 0


async def test_bringing_erased_data_back_is_tampering(api: Api) -> None:
    person = await a_life(api)
    async with api.server.database.connection() as connection:
        [old] = await connection.fetch(
            "select at, seq, body from journal.entry where kind = 'people.person_created'"
        )
    await erased(api, person)
    async with api.server.database.transaction() as connection:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(
            "update journal.entry set body = $3 where at = $1 and seq = $2", *old.values()
        )
        assert FaultKind.CHANGED in {f.kind for f in (await verify(connection)).faults}
        await connection.execute("delete from journal.redaction")
        assert FaultKind.REDACTION_UNDONE in {f.kind for f in (await verify(connection)).faults}


@pytest.mark.parametrize(
    "change", ["body = '{}'", "actor = 'x'", "at = at - interval '1 s'", "xid = '3'"]
)
async def test_a_redacted_entry_cannot_be_changed_again_unnoticed(api: Api, change: str) -> None:
    person = await a_life(api)
    await erased(api, person)
    async with api.server.database.transaction() as connection:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(
            f"update journal.entry set {change} where kind = 'people.person_created'"
        )
        assert (await verify(connection)).faults


async def test_an_entry_can_be_changed_in_no_other_way(api: Api) -> None:
    import asyncpg

    async def edit(connection: Connection) -> None:
        await connection.execute("update journal.entry set actor = 'x'")

    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await api.server.database.run(edit)


async def test_an_open_loan_stands_in_the_way_and_is_named(api: Api) -> None:
    person = (await api.post("/api/v1/people", {"code": CODE, "name": NAME}))["id"]
    item = await api.post("/api/v1/items", {"code": "T1", "name": "トルクレンチ"})
    await api.post("/api/v1/loans", {"item": item["id"], "person": person})
    view = await api.get(f"/api/v1/people/{person}/privacy")
    assert view["blocked"] is True
    assert {"reason": "open_loans", "count": 1, "blocks": True} in view["keeps"]
    refused = await api.ask("POST", f"/api/v1/people/{person}/erase", json={"code": CODE})
    assert refused.status == 409
    assert refused.json["type"] == "/problems/erasure-blocked"
    assert refused.json["errors"] == [{"field": "person", "message": "keeps_open_loans"}]
    assert (await api.get(f"/api/v1/people/{person}"))["name"] == NAME


async def test_the_last_admin_cannot_be_erased(api: Api) -> None:
    browser = await set_up(api)
    person = (await api.post("/api/v1/people", {"code": CODE, "name": NAME}))["id"]
    [admin] = (await api.get("/api/v1/accounts"))["items"]
    headers = {"If-Match": f'"{admin["version"]}"'}
    path = f"/api/v1/accounts/{admin['id']}"
    expect(await api.ask("PATCH", path, json={"person": person}, headers=headers), 200)
    refused = await browser.ask("POST", f"/api/v1/people/{person}/erase", json={"code": CODE})
    assert refused.json["errors"] == [{"field": "person", "message": "keeps_last_admin"}]


async def test_another_code_is_refused_and_nothing_happens(api: Api) -> None:
    person = (await api.post("/api/v1/people", {"code": CODE, "name": NAME}))["id"]
    refused = await api.ask("POST", f"/api/v1/people/{person}/erase", json={"code": "E-2025"})
    assert (refused.status, refused.json["field"]) == (422, "code")
    assert "people.person_erased" not in await api.kinds()


async def test_who_was_erased_stays_erased(api: Api) -> None:
    person = (await api.post("/api/v1/people", {"code": CODE, "name": NAME}))["id"]
    await erased(api, person)
    again = await api.ask("POST", f"/api/v1/people/{person}/erase", json={"code": CODE})
    assert again.status == 404
    found = await api.ask("GET", f"/api/v1/people/{person}")
    headers = {"If-Match": found.headers["ETag"]}
    renamed = await api.ask(
        "PATCH", f"/api/v1/people/{person}", json={"name": NAME}, headers=headers
    )
    assert renamed.status == 409
    card = {"uid": CARD, "technology": "felica", "person": person}
    assert (await api.ask("POST", "/api/v1/cards", json=card)).status == 409
    await api.post("/api/v1/people", {"code": CODE, "name": "別の人"})


async def test_the_logs_name_nobody(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="server")
    person = await a_life(api)
    await erased(api, person)
    lines = "\n".join(str(vars(record)) for record in caplog.records)
    for secret in SECRETS:
        assert secret not in lines
