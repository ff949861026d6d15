"""HTTP of loans, unknown cards and conflicts: path, permission, request, answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from server.kernel.http import (
    API,
    CSV,
    Call,
    Nothing,
    Page,
    Paging,
    Reply,
    Route,
    page_of,
    read_cursor,
)
from server.modules.loans import store_loan_list, store_loans
from server.modules.loans.api import EXPORT_ROWS, LEND, READ, WRITE
from server.modules.loans.importing import export_loans
from server.modules.loans.model import (
    CancelRequest,
    Conflict,
    ConflictState,
    LendRequest,
    Loan,
    LoanState,
    RegisterRequest,
    SettleRequest,
    Summary,
    UnknownCard,
    UnknownState,
)
from server.modules.loans.service import Loans
from server.modules.people.service import checked_id

SETTLE = "loans.settle"
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class LoanQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the list of loans; `since` and `until` bound when they began (RFC 3339)."""

    search: str = ""
    state: LoanState | None = None
    overdue: bool = False
    item: str | None = None
    person: str | None = None
    since: Instant | None = None
    until: Instant | None = None


class UnknownQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: UnknownState | None = None


class ConflictQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: ConflictState | None = None


def routes(loans: Loans, zone: Callable[[], str]) -> Sequence[Route]:
    """Return the operations on loans, unknown cards and conflicts; `zone` is the site's."""

    async def list_loans(call: Call[LoanQuery, Nothing]) -> Page[Loan]:
        limit = call.query.limit
        found = await _filtered(call, limit + 1)
        return page_of(found, limit, lambda loan: (loan.borrowed_at, loan.id))

    async def export(call: Call[LoanQuery, Nothing]) -> Reply:
        found = await _filtered(call, EXPORT_ROWS)
        return Reply(export_loans(found, call.language, zone()), filename="loans.csv")

    async def summary(call: Call[Nothing, Nothing]) -> Summary:
        return await store_loans.summary(call.connection, zone())

    async def get(call: Call[Nothing, Nothing]) -> Loan:
        return await loans.loan(call.connection, call.path["id"])

    async def lend(call: Call[Nothing, LendRequest]) -> Reply:
        loan = await loans.lend(
            call.connection, call.principal.actor, call.body.item, call.body.person
        )
        return Reply(loan, 201, location=f"{API}/loans/{loan.id}")

    async def give_back(call: Call[Nothing, Nothing]) -> Loan:
        return await loans.give_back(call.connection, call.principal.actor, call.path["id"])

    async def cancel(call: Call[Nothing, CancelRequest]) -> Loan:
        return await loans.cancel(
            call.connection, call.principal.actor, call.path["id"], call.body.reason
        )

    async def list_unknown(call: Call[UnknownQuery, Nothing]) -> Page[UnknownCard]:
        query = call.query
        found = await store_loans.list_unknown(
            call.connection,
            state=query.state,
            after=read_cursor(query.cursor, tuple[str, str]) if query.cursor else None,
            limit=query.limit + 1,
        )
        return page_of(found, query.limit, lambda card: (card.last_seen, card.uid))

    async def register(call: Call[Nothing, RegisterRequest]) -> UnknownCard:
        return await loans.register_unknown(
            call.connection, call.principal.actor, call.path["uid"], call.body
        )

    async def dismiss(call: Call[Nothing, Nothing]) -> UnknownCard:
        return await loans.dismiss_unknown(call.connection, call.principal.actor, call.path["uid"])

    async def list_conflicts(call: Call[ConflictQuery, Nothing]) -> Page[Conflict]:
        query = call.query
        found = await store_loans.list_conflicts(
            call.connection,
            state=query.state,
            after=read_cursor(query.cursor, tuple[str, str]) if query.cursor else None,
            limit=query.limit + 1,
        )
        return page_of(found, query.limit, lambda each: (each.opened_at, each.id))

    async def settle(call: Call[Nothing, SettleRequest]) -> Conflict:
        return await loans.settle(call.connection, call.principal.actor, call.path["id"], call.body)

    path, unknown, conflicts = f"{API}/loans", f"{API}/unknown-cards", f"{API}/conflicts"
    return (
        Route("GET", path, READ, list_loans, "List loans", LoanQuery, answer=Page[Loan]),
        Route("GET", f"{path}.csv", READ, export, "Export loans", LoanQuery, answer=bytes,
              answer_media=CSV),
        Route("GET", f"{path}/summary", READ, summary, "The dashboard's figures",
              answer=Summary),
        Route("GET", path + "/{id}", READ, get, "Get a loan", answer=Loan),
        Route("POST", path, LEND, lend, "Lend an item by hand", body=LendRequest, answer=Loan,
              status=201),
        Route("POST", path + "/{id}/return", LEND, give_back, "Take an item back by hand",
              answer=Loan),
        Route("POST", path + "/{id}/cancel", LEND, cancel, "Cancel a loan", body=CancelRequest,
              answer=Loan),
        Route("GET", unknown, READ, list_unknown, "List unknown cards", UnknownQuery,
              answer=Page[UnknownCard]),
        Route("POST", unknown + "/{uid}/register", WRITE, register, "Register an unknown card",
              body=RegisterRequest, answer=UnknownCard),
        Route("POST", unknown + "/{uid}/dismiss", WRITE, dismiss, "Dismiss an unknown card",
              answer=UnknownCard),
        Route("GET", conflicts, READ, list_conflicts, "List conflicts", ConflictQuery,
              answer=Page[Conflict]),
        Route("POST", conflicts + "/{id}/settle", SETTLE, settle, "Settle a conflict",
              body=SettleRequest, answer=Conflict),
    )  # fmt: skip


async def _filtered(call: Call[LoanQuery, Nothing], limit: int) -> list[Loan]:
    query = call.query
    return await store_loan_list.list_loans(
        call.connection,
        state=query.state,
        overdue=query.overdue,
        item=checked_id(query.item) if query.item else None,
        person=checked_id(query.person) if query.person else None,
        search=query.search,
        since=query.since,
        until=query.until,
        after=read_cursor(query.cursor, tuple[str, str]) if query.cursor else None,
        limit=limit,
    )
