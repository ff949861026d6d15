"""What the admin pages ask of their lists: the paths, drawn from what is in the database."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from scripts.benchmarks.loans_filler import RARE
from server.kernel.database import Connection, connect
from server.kernel.http import API, write_cursor

Query = dict[str, str | int]

_SEED = 20_261_122
# Different things are asked for in turn, as different pages are open.
_DIFFERENT = 20
# What a page asks for, where it says so (recent_events.js, out_now.js, loan_history.js, picker.js).
DASHBOARD, HISTORY, PICKER = 500, 20, 8


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of request: its name, in words, and the paths that are asked in turn."""

    name: str
    what: str
    paths: Sequence[str]


async def asked(dsn: str) -> Sequence[Asked]:
    """Return every kind of list, search and history, for the rows of this database."""
    chance = random.Random(_SEED)
    async with connect(dsn) as connection:
        return [
            *await _loans(connection, chance),
            *await _histories(connection, chance),
            *await _things(connection, chance),
            *await _journal(connection, chance),
        ]


async def _loans(connection: Connection, chance: random.Random) -> Sequence[Asked]:
    first = await connection.fetchval("select min(borrowed_at) from loans.loan")
    last = await connection.fetchval("select max(borrowed_at) from loans.loan")
    days: list[Query] = []
    cursors: list[Query] = []
    for _ in range(_DIFFERENT):
        at: datetime = first + (last - first) * chance.uniform(0.2, 1)
        since = at - timedelta(days=1)
        days.append({"since": _instant(since), "until": _instant(at)})
        # The cursor that the page before would have handed out, however many pages that took.
        loan = await connection.fetchrow(
            "select id, borrowed_at from loans.loan where borrowed_at <= $1"
            " order by borrowed_at desc, id desc limit 1",
            at,
        )
        assert loan is not None
        cursors.append({"cursor": write_cursor(loan["borrowed_at"].isoformat(), loan["id"])})
    searches = _searches("トルクレンチ", "とるくれんち", "ﾄﾙｸﾚﾝﾁ", "佐藤", "やまだ", "工具室A")
    return [
        _kind("open", "open loans, 50", "loans", {"state": "open"}),
        _kind("dashboard", "what is out now", "loans", {"state": "open", "limit": DASHBOARD}),
        _kind("newest", "the newest loans", "loans", {}),
        _kind("overdue", "overdue loans", "loans", {"overdue": "true"}),
        _kind("cancelled", "cancelled and superseded loans", "loans",
              {"state": "cancelled"}, {"state": "superseded"}),
        _kind("day", "the loans of one day", "loans", *days),
        _kind("deep", "a page deep in the past, by cursor", "loans", *cursors),
        _kind("search", "loans searched in Japanese", "loans", *searches),
        _kind("search_rare", "loans searched for something that is seldom lent", "loans",
              *_searches(RARE, "T00001", "ちょうおんぱたんしょうき")),
        _kind("search_open", "open loans searched in Japanese", "loans",
              *({**search, "state": "open"} for search in searches)),
        _kind("summary", "the dashboard's figures", "loans/summary", {}),
    ]  # fmt: skip


async def _histories(connection: Connection, chance: random.Random) -> Sequence[Asked]:
    # Of things that fill a page whatever the size, so that the same work is compared.
    def query(column: str) -> str:
        return (
            f"select {column} as id from loans.loan group by 1 having count(*) > {HISTORY}"
            " order by count(*) desc, 1 limit 100"
        )

    kinds = []
    for column, what in (("item", "the history of an item"), ("person", "that of a person")):
        ids = [row["id"] for row in await connection.fetch(query(column))]
        chosen = chance.sample(ids, min(_DIFFERENT, len(ids)))
        queries: list[Query] = [{column: each, "limit": HISTORY} for each in chosen]
        kinds.append(_kind(f"{column}_history", what, "loans", *queries))
    return kinds


async def _things(connection: Connection, chance: random.Random) -> Sequence[Asked]:
    codes = [r["code"] for r in await connection.fetch("select code from loans.item order by 1")]
    cursors: list[Query] = [{"cursor": write_cursor(chance.choice(codes))} for _ in range(10)]
    words = _searches("トルクレンチ", "のぎす", "ﾏｲｸﾛ", "12号", RARE)
    picked: list[Query] = [
        {**search, "on_loan": "false", "status": "available", "limit": PICKER} for search in words
    ]
    return [
        _kind("items", "items", "items", {}, *cursors, {"on_loan": "true"}),
        _kind("items_search", "items searched in Japanese", "items", *words, *picked),
        _kind("people", "people", "people", {}),
        _kind("people_search", "people searched in Japanese", "people",
              *_searches("佐藤", "さとう", "ヤマダ", "保全課", "P00012")),
    ]  # fmt: skip


async def _journal(connection: Connection, chance: random.Random) -> Sequence[Asked]:
    head = await connection.fetchval("select position from journal.sealed")
    # Of things that fill a page whatever the size, as in the histories.
    items = await connection.fetch(
        "select subject as id from journal.entry where module = 'loans' group by 1"
        " having count(*) > 50 order by count(*) desc, 1 limit 20"
    )
    before: list[Query] = [
        {"before": int(head * chance.uniform(0.2, 1)), "limit": 50} for _ in range(_DIFFERENT)
    ]
    return [
        _kind("journal", "the journal's newest entries", "journal", {"limit": 50}, {"limit": 10}),
        _kind("journal_deep", "a page deep in the journal", "journal", *before),
        _kind("journal_module", "the journal of one module", "journal",
              *({"module": name, "limit": 50} for name in ("loans", "people"))),
        _kind("journal_subject", "the journal of one item", "journal",
              *({"subject": row["id"], "limit": 50} for row in items)),
        _kind("journal_kind", "the journal of one kind of entry", "journal",
              *({"kind": name, "limit": 50} for name in ("loans.returned", "loans.cancelled"))),
        _kind("journal_search", "the journal searched in Japanese", "journal",
              *({"search": word, "limit": 50} for word in ("トルクレンチ", "佐藤 000")),
              {"search": "トルクレンチ", "module": "loans", "limit": 50}),
        _kind("journal_search_rare", "the journal searched for something rare, one step", "journal",
              {"search": RARE, "limit": 50},
              {"search": RARE, "module": "loans", "limit": 50}),
    ]  # fmt: skip


def _searches(*words: str) -> Sequence[Query]:
    return [{"search": word} for word in words]


def _kind(name: str, what: str, path: str, *queries: Query) -> Asked:
    return Asked(name, what, [f"{API}/{path}" + _query(query) for query in queries])


def _query(query: Query) -> str:
    return f"?{urlencode(query)}" if query else ""


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
