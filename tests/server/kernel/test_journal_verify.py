from collections.abc import AsyncIterator

import pytest

from server.kernel.chain import genesis, link
from server.kernel.database import Connection, Database, connect
from server.kernel.journal import Journal
from server.kernel.journal_verify import Checkpoint, Fault, FaultKind, verify
from server.kernel.sealing import HASHED, seal_batch, sealable
from support.journal_entries import entry, write

ENTRIES = 20


@pytest.fixture
async def intruder(database: Database) -> AsyncIterator[Connection]:
    """A superuser with the triggers off, in front of a sealed journal of 20 entries."""
    await write(database, Journal(database), *(entry(f"{n}") for n in range(1, ENTRIES + 1)))
    async with connect(database.dsn) as connection:
        await seal_batch(connection)
        await connection.execute("set session_replication_role = replica")
        yield connection


def kinds(faults: object) -> list[tuple[int, FaultKind]]:
    assert isinstance(faults, list)
    return [(fault.position, fault.kind) for fault in faults]


async def test_an_untouched_journal_is_sound(intruder: Connection) -> None:
    report = await verify(intruder)
    assert (report.checked, report.faults) == (ENTRIES, [])
    assert report.end.position == ENTRIES


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'another'",
        "device = null",
        "subject = subject || ' '",
        "at = at + interval '1 microsecond'",
        """body = '{"数": 1}'""",
        "id = gen_random_uuid()",
    ],
)
async def test_an_edited_entry_is_found(intruder: Connection, change: str) -> None:
    await intruder.execute(f"update journal.entry set {change} where subject = '7'")
    faults = (await verify(intruder)).faults
    expected = FaultKind.ENTRY_MISSING if change.startswith("at") else FaultKind.CHANGED
    assert (7, expected) in kinds(faults)
    assert {fault.position for fault in faults} <= {0, 7}, "only the damaged entry is named"


async def test_an_entry_edited_together_with_its_hash_is_found(intruder: Connection) -> None:
    await intruder.execute("update journal.seal set hash = sha256('x') where position = 7")
    assert kinds((await verify(intruder)).faults) == [
        (7, FaultKind.CHANGED),
        (8, FaultKind.CHANGED),
    ]


async def test_a_deleted_entry_is_found(intruder: Connection) -> None:
    await intruder.execute("delete from journal.entry where subject = '7'")
    assert kinds((await verify(intruder)).faults) == [(7, FaultKind.ENTRY_MISSING)]


async def test_an_entry_deleted_together_with_its_seal_is_found(intruder: Connection) -> None:
    await intruder.execute("delete from journal.entry where subject = '7'")
    await intruder.execute("delete from journal.seal where position = 7")
    assert (7, FaultKind.SEAL_MISSING) in kinds((await verify(intruder)).faults)


async def test_an_entry_slipped_in_among_old_ones_is_found(intruder: Connection) -> None:
    await intruder.execute(
        """
        insert into journal.entry (seq, origin, xid, id, actor, module, kind, subject, body)
               overriding system value
        select 0, origin, xid, gen_random_uuid(), actor, module, kind, 'forged', body
          from journal.entry where subject = '7'
        """
    )
    faults = (await verify(intruder)).faults
    assert [fault.kind for fault in faults] == [FaultKind.NEVER_SEALED]


async def test_two_entries_that_changed_places_are_found(intruder: Connection) -> None:
    await intruder.execute("drop index journal.seal_of_entry")
    await intruder.execute(
        """
        update journal.seal a set at = b.at, seq = b.seq
          from journal.seal b
         where (a.position, b.position) in ((7, 8), (8, 7))
        """
    )
    assert kinds((await verify(intruder)).faults) == [
        (7, FaultKind.CHANGED),
        (8, FaultKind.CHANGED),
    ]


async def test_an_end_that_was_cut_off_is_found(intruder: Connection) -> None:
    await intruder.execute("delete from journal.seal where position > 15")
    await intruder.execute("delete from journal.entry where subject::integer > 15")
    assert kinds((await verify(intruder)).faults) == [(16, FaultKind.END_MISSING)]


async def test_a_history_rewritten_with_care_is_found_by_a_checkpoint(
    intruder: Connection, database: Database
) -> None:
    """The intruder cuts off the end, and has the sealer's own row agree."""
    end = (await verify(intruder)).end
    await intruder.execute("delete from journal.seal where position > 15")
    await intruder.execute("delete from journal.entry where subject::integer > 15")
    await intruder.execute(
        "update journal.sealed set position = 15,"
        " hash = (select hash from journal.seal where position = 15)"
    )
    assert (await verify(intruder)).faults == [], "the chain alone cannot know"
    found = (await verify(intruder, checkpoints=[end])).faults
    assert kinds(found) == [(ENTRIES, FaultKind.END_MISSING)]


async def test_a_checkpoint_that_differs_is_found(intruder: Connection) -> None:
    noted = Checkpoint(5, b"\0" * 32)
    [fault] = (await verify(intruder, checkpoints=[noted])).faults
    assert (fault.position, fault.kind) == (5, FaultKind.CHECKPOINT_DIFFERS)


async def test_checking_can_begin_where_the_last_check_ended(intruder: Connection) -> None:
    await intruder.execute("update journal.entry set actor = 'another' where subject = '7'")
    assert (await verify(intruder, from_position=10)).faults == []
    report = await verify(intruder, from_position=6)
    [fault] = report.faults
    assert isinstance(fault, Fault)
    assert (report.checked, fault.position) == (ENTRIES - 6, 7)


async def test_entries_sealed_in_the_older_form_stay_proven_and_the_chain_goes_on(
    intruder: Connection,
) -> None:
    """As a database of an earlier release is after its upgrade: half in form 1, half in form 2."""
    previous = genesis(await intruder.fetchval("select id from journal.epoch"))
    for row in await intruder.fetch(
        f"""
        select s.position, p.id as epoch, {HASHED}
          from journal.seal s join journal.epoch p on p.number = s.epoch
          join journal.entry e on e.at = s.at and e.seq = s.seq order by s.position
        """
    ):
        form = 1 if row["position"] <= ENTRIES // 2 else 2
        previous = link(previous, sealable(row["position"], row["epoch"], row, form))
        await intruder.execute(
            "update journal.seal set hash = $2, form = $3 where position = $1",
            row["position"],
            previous,
            form,
        )
    await intruder.execute("update journal.sealed set hash = $1", previous)
    assert (await verify(intruder)).faults == []
    await intruder.execute("update journal.entry set actor = 'another' where subject = '7'")
    assert kinds((await verify(intruder)).faults) == [(7, FaultKind.CHANGED)]


@pytest.mark.parametrize("column", ["address = '10.0.0.1'", "xid = '3'", "origin = 1"])
async def test_the_newer_form_covers_every_column(intruder: Connection, column: str) -> None:
    await intruder.execute(f"update journal.entry set {column} where subject = '7'")
    assert kinds((await verify(intruder)).faults) == [(7, FaultKind.CHANGED)]
    await intruder.execute("update journal.seal set form = 1 where position = 7")
    assert kinds((await verify(intruder)).faults) == [(7, FaultKind.CHANGED)], "no way back"


async def test_a_whole_database_of_garbage_is_counted_and_not_held_in_memory(
    intruder: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.kernel.journal_faults.TOLD", 5)
    await intruder.execute("update journal.entry set actor = 'another'")
    report = await verify(intruder)
    assert (report.fault_count, len(report.faults)) == (ENTRIES, 5)
