"""A site's past: loans and their journal, as if agents had sent them over the years.

People, items and cards are made by the product's services. The loans are written by SQL, row for
row what the product writes of a tap: the loan, the item's last move, a journal entry for each time
that the item changed hands, sealed by the product's chain of hashes. Only the agents' receipts are
left out, which no list reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_bytes

import msgspec

from contract.cards import CardUid, Technology
from contract.ids import new_id
from scripts.benchmarks import loans_sql as sql
from server.kernel.chain import FORM, link
from server.kernel.database import Connection, Database, connect
from server.kernel.journal import Journal, NewEntry
from server.kernel.journal_verify import verify
from server.kernel.sealing import read_standing, sealable
from server.modules.loans.events import LoanNews
from server.modules.loans.facts import FactKeeper
from server.modules.loans.model import CategoryDraft, ItemDraft
from server.modules.loans.service import Loans
from server.modules.loans.tags import Tags
from server.modules.people.model import CardDraft, PersonDraft
from server.modules.people.service import People

ACTOR = "system:benchmark"
AGENTS = 4
# An item is lent so often a day: 10,000 loans of 3,000 items are eleven days of a workshop, and a
# million are three years of the same.
LOANS_A_DAY = 0.304
# One item in so many is in everybody's hands: together they make this share of the loans.
POPULAR_EVERY, POPULAR_SHARE = 30, 0.3
# One item in so many was not brought back.
KEPT_EVERY = 40
SEALED_AT_ONCE = 20_000

NAMES = (
    ("佐藤", "さとう"), ("鈴木", "すずき"), ("高橋", "たかはし"), ("田中", "たなか"),
    ("伊藤", "いとう"), ("渡辺", "わたなべ"), ("山本", "やまもと"), ("中村", "なかむら"),
    ("小林", "こばやし"), ("加藤", "かとう"), ("吉田", "よしだ"), ("山田", "やまだ"),
    ("佐々木", "ささき"), ("松本", "まつもと"), ("井上", "いのうえ"),
)  # fmt: skip
DEPARTMENTS = ("製造一課", "製造二課", "保全課", "品質保証課", "生産技術課")
KINDS = (
    "トルクレンチ", "デジタルノギス", "マイクロメーター", "インパクトドライバー",
    "クランプメーター",
    "ディスクグラインダー", "絶縁抵抗計", "レーザー距離計", "ダイヤルゲージ", "ハンドリフター",
    "電動ドリル", "水準器", "騒音計", "温度計", "チェーンブロック",
)  # fmt: skip
PLACES = ("工具室A棚", "工具室B棚", "第二工場", "保全倉庫")
CATEGORIES = (("測定器", 14), ("電動工具", 7), ("運搬具", None))
# There is one of it, and it is seldom lent.
RARE = "超音波探傷器"


@dataclass(frozen=True, slots=True)
class Size:
    """How much: loans in all, and who lends what."""

    loans: int
    items: int = 3_000
    people: int = 300

    @property
    def past(self) -> timedelta:
        """Return how long ago the first loan was."""
        return timedelta(days=self.loans / self.items / LOANS_A_DAY)


class WrongFill(Exception):
    """What was written is not what the product would have written."""


async def fill(dsn: str, size: Size) -> None:
    """Fill a migrated database; no server may run on it. Raises WrongFill."""
    began = datetime.now(UTC) - size.past - timedelta(days=1)
    async with connect(dsn) as connection:
        await connection.execute(sql.FUNCTIONS)
        await connection.execute("select pg_temp.past_quarters($1)", began)
    await _make_things(dsn, size, began)
    async with connect(dsn) as connection:
        await connection.execute("set work_mem = '256MB'")
        await connection.execute("set maintenance_work_mem = '256MB'")
        await connection.execute(sql.FUNCTIONS)
        await connection.execute("select setseed(0.5)")
        await connection.execute(sql.PLAN, *_plan_arguments(size))
        for statement in (sql.LOANS, sql.ITEMS, sql.ENTRIES):
            await connection.execute(statement)
        await connection.execute("drop table plan")
        await _seal(connection)
        await connection.execute("vacuum (analyze)")
        await connection.execute("checkpoint")
        await _check(connection, size)


def _plan_arguments(size: Size) -> Sequence[object]:
    popular = size.items // POPULAR_EVERY
    share = int(size.loans * POPULAR_SHARE) // popular
    each, rest = divmod(size.loans - share * popular, size.items - popular)
    return size.past, POPULAR_EVERY, share, each, rest, KEPT_EVERY


class _PastJournal(Journal):
    """Writes as the journal does, but at a time of the past."""

    def __init__(self, database: Database, at: datetime) -> None:
        super().__init__(database)
        self._at = at

    async def append(
        self, connection: Connection, entries: Sequence[NewEntry], *, address: str | None = None
    ) -> None:
        self._at += timedelta(milliseconds=1)
        await connection.executemany(
            sql.ENTRY,
            [
                (self._at, new_id(), e.actor, e.device, e.module, e.kind, e.subject,
                 e.body.decode())
                for e in entries
            ],
        )  # fmt: skip


async def _make_things(dsn: str, size: Size, at: datetime) -> None:
    async with Database.open(dsn) as database:
        journal, tags = _PastJournal(database, at), Tags()
        staff = People(journal, tags)
        loans = Loans(journal, staff, FactKeeper(journal))

        async def work(connection: Connection) -> None:
            for number in range(AGENTS):
                await connection.execute(
                    "insert into devices.agent (id, name, public_key) values ($1, $2, $3)",
                    new_id(),
                    f"窓口 {number + 1}",
                    token_bytes(32),
                )
            for number in range(size.people):
                made = await staff.create(connection, ACTOR, _person(number))
                uid = CardUid(f"0114{number:012X}")
                card = CardDraft(uid=uid, technology=Technology.FELICA, person=made.id)
                await staff.register_card(connection, ACTOR, card)
            categories = [
                (
                    await loans.create_category(
                        connection, ACTOR, CategoryDraft(name=name, loan_days=days)
                    )
                ).id
                for name, days in CATEGORIES
            ]
            for number in range(size.items):
                draft = _item(number, categories[number % len(categories)])
                item = await loans.create_item(connection, ACTOR, draft)
                uid = CardUid(f"04{number:010X}80")
                card = CardDraft(uid=uid, technology=Technology.ISO14443A, item=item.id)
                await staff.register_card(connection, ACTOR, card)

        await database.run(work)


def _person(number: int) -> PersonDraft:
    name, reading = NAMES[number % len(NAMES)]
    return PersonDraft(
        code=f"P{number:05}",
        name=f"{name} {number:03}",
        reading=f"{reading} {number:03}",
        department=DEPARTMENTS[number % len(DEPARTMENTS)],
    )


def _item(number: int, category: str) -> ItemDraft:
    kind = RARE if number == 1 else KINDS[number % len(KINDS)]
    return ItemDraft(
        code=f"T{number:05}",
        name=f"{kind} {number // len(KINDS) + 1}号",
        category=category,
        place=PLACES[number % len(PLACES)],
    )


async def _seal(connection: Connection) -> None:
    """Seal everything, as the sealer would have over the years."""
    before = await read_standing(connection)
    position, previous = before.position, before.hash
    async with connection.transaction():
        cursor = await connection.cursor(sql.UNSEALED)
        while rows := await cursor.fetch(SEALED_AT_ONCE):
            seals: list[tuple[int, int, datetime, int, bytes, int]] = []
            for row in rows:
                position += 1
                previous = link(previous, sealable(position, before.epoch_id, row))
                seals.append((position, before.epoch, row["at"], row["seq"], previous, FORM))
            await connection.copy_records_to_table("seal", records=seals, schema_name="journal")
        await connection.execute(sql.SEALED, position, previous)


async def _check(connection: Connection, size: Size) -> None:
    count = await connection.fetchval("select count(*) from loans.loan")
    if count != size.loans:
        raise WrongFill(f"{count:,} loans instead of {size.loans:,}")
    bodies = await connection.fetch(sql.SOME_BODIES)
    for body in (row["body"].encode() for row in bodies):
        if msgspec.json.encode(msgspec.json.decode(body, type=LoanNews)) != body:
            raise WrongFill(f"no journal entry of ours looks like {body.decode()}")
    end = await connection.fetchval("select position from journal.sealed")
    report = await verify(connection, max(0, end - SEALED_AT_ONCE))
    if report.faults:
        raise WrongFill(f"the journal does not verify: {report.faults[0]}")
