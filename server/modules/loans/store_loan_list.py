"""SQL of the list of loans: every filter at a cost that does not grow with the past."""

from collections.abc import Sequence
from datetime import datetime

from server.kernel.database import Connection
from server.modules.loans.model import Loan, LoanState
from server.modules.loans.store_loans import LOAN, LOAN_JOINS, loan_of
from server.modules.people.text import like

# A search looks among so many times as many of the newest loans as it is asked for, before it
# takes to the histories of all that it found.
_AMONG = 20


class _Filter:
    """Conditions on loans.loan and their arguments.

    Only what is asked for is written, so that each combination has a plan of its own.
    """

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.arguments: list[object] = []

    def add(self, condition: str, *arguments: object) -> None:
        """Add a condition with a `{}` for each argument."""
        self._conditions.append(condition.format(*(self.argument(each) for each in arguments)))

    def argument(self, value: object) -> str:
        """Return how SQL names this argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def __str__(self) -> str:
        return " and ".join(self._conditions) or "true"


async def list_loans(
    connection: Connection,
    *,
    state: str | None = None,
    overdue: bool = False,
    item: str | None = None,
    person: str | None = None,
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Loan]:
    """Return loans, newest first.

    Walks loan_by_time, loan_by_item, loan_by_person, loan_open_by_time or loan_gone_wrong.
    """
    wanted = _Filter()
    few = overdue or state not in (None, LoanState.RETURNED) or item is not None
    if overdue:
        wanted.add("state = 'open' and due_at < now()")
    elif state is not None:
        # Written out: a partial index is of no use for a state that the plan does not know.
        wanted.add(f"state = '{LoanState(state).value}'")
    if item is not None:
        wanted.add("item = {}::uuid", item)
    if person is not None:
        wanted.add("person = {}::uuid", person)
    if since is not None:
        wanted.add("borrowed_at >= {}", since)
    if until is not None:
        wanted.add("borrowed_at < {}", until)
    if after is not None:
        wanted.add("(borrowed_at, id) < ({}::text::timestamptz, {}::uuid)", *after)
    if not search.strip():
        return await _page(connection, wanted, limit)
    return await _search(connection, wanted, search, limit, few=few or person is not None)


async def _page(connection: Connection, wanted: _Filter, limit: int) -> list[Loan]:
    return await _fetch(
        connection, f"select * from loans.loan where {wanted} {_newest(limit)}", wanted.arguments
    )


async def _search(
    connection: Connection, wanted: _Filter, search: str, limit: int, *, few: bool
) -> list[Loan]:
    """Return loans of the items and persons that match; `few`: the filter leaves few loans."""
    pattern = wanted.argument(like(search))
    items = f"select id from loans.item where folded like {pattern}"
    persons = f"select id from people.person where folded like {pattern}"
    theirs = f"(item in ({items}) or person in ({persons}))"
    if few:
        wanted.add(theirs)
        return await _page(connection, wanted, limit)
    newest = await _fetch(
        connection,
        f"""
        select * from (select * from loans.loan where {wanted} {_newest(_AMONG * limit)}) newest
         where {theirs} {_newest(limit)}
        """,
        wanted.arguments,
    )
    if len(newest) == limit:
        return newest
    of_items = _histories(wanted, "item", items, limit)
    of_persons = _histories(wanted, "person", persons, limit)
    return await _fetch(
        connection,
        f"""
        select l.* from loans.loan l join ({of_items} union {of_persons}) found using (id)
        {_newest(limit)}
        """,
        wanted.arguments,
    )


def _histories(wanted: _Filter, column: str, ids: str, limit: int) -> str:
    """Return SQL of the newest loans of these items or persons, of each as many as asked for.

    Only of those whose own last loan is among the newest: nobody else's can be on the page.
    """

    def loans(of: str, count: int) -> str:
        return (
            f"select borrowed_at, id from loans.loan where {column} = {of} and {wanted}"
            f" {_newest(count)}"
        )

    return f"""
        select l.id
          from (select who.id as who, last.borrowed_at, last.id
                  from ({ids}) who cross join lateral ({loans("who.id", 1)}) last
                 order by last.borrowed_at desc, last.id desc limit {limit:d}) heads
          cross join lateral ({loans("heads.who", limit)}) l
    """


def _newest(limit: int) -> str:
    return f"order by borrowed_at desc, id desc limit {limit:d}"


async def _fetch(connection: Connection, loans: str, arguments: Sequence[object]) -> list[Loan]:
    """Return the loans of this SQL, which is cut to a page before anything is joined."""
    rows = await connection.fetch(
        f"select {LOAN} from ({loans}) l {LOAN_JOINS} order by l.borrowed_at desc, l.id desc",
        *arguments,
    )
    return [loan_of(row) for row in rows]
