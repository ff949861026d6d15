"""HTTP of the journal as an audit trail: search, export, verification."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from server.kernel.database import Database
from server.kernel.http import API, CSV, MAX_LIMIT, Call, Nothing, Route, Stream
from server.kernel.journal import AuditEntry, Journal, Wanted
from server.kernel.naming import Naming
from server.modules.system.audit import Auditor, AuditState
from server.modules.system.export import Export, note_export
from server.modules.system.store_audit import Verification

READ = "audit.read"
EXPORT = "audit.export"
JSON_LINES = "application/jsonl"

# Beyond these no clock was or will be, and sums with them leave the calendar.
EARLIEST, LATEST = 1970, 9000

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class JournalFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the journal: entries from `since` on and before `until`."""

    module: str = ""
    kind: str = ""
    subject: str = ""
    actor: str = ""
    device: str = ""
    address: str = ""
    search: str = ""
    since: Moment | None = None
    until: Moment | None = None

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment is not None and not EARLIEST <= moment.year <= LATEST:
                raise ValueError(f"a year from {EARLIEST} to {LATEST}")

    def given(self) -> dict[str, str]:
        """Return the filters that filter something, as text."""
        return {
            name: str(value) for name in self.__struct_fields__ if (value := getattr(self, name))
        }

    def wanted(self) -> Wanted:
        """Return what to search for."""
        return Wanted(
            self.subject,
            self.kind,
            self.actor,
            self.module,
            self.search,
            self.device,
            self.address,
            self.since,
            self.until,
        )


class JournalQuery(JournalFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the journal; entries below position `before`, newest first."""

    before: Annotated[int, msgspec.Meta(ge=1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)] = 50


class JournalPage(msgspec.Struct, frozen=True):
    """Entries, newest first; `names` says what actors, devices and subjects are called now."""

    items: list[AuditEntry]
    next: str | None
    names: dict[str, str]


class VerificationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`whole` false: only what came since the last time that all was well."""

    whole: bool = True


def routes(journal: Journal, naming: Naming, auditor: Auditor) -> Sequence[Route]:
    """Return the operations on the audit trail."""
    export = Export(journal, naming)

    async def entries(call: Call[JournalQuery, Nothing]) -> JournalPage:
        query = call.query
        found = await journal.search(
            call.connection, query.wanted(), before=query.before, limit=query.limit
        )
        names = await naming.of(call.connection, found.entries)
        after = None if found.next is None else str(found.next)
        return JournalPage(list(found.entries), after, names)

    async def as_csv(call: Call[JournalFilter, Nothing]) -> Stream:
        async def write(database: Database) -> AsyncIterator[bytes]:
            await note(call, database, "csv")
            async for part in export.csv(database, call.query.wanted(), call.language):
                yield part

        return Stream(write, "journal.csv", CSV)

    async def as_json_lines(call: Call[JournalFilter, Nothing]) -> Stream:
        async def write(database: Database) -> AsyncIterator[bytes]:
            await note(call, database, "jsonl")
            async for part in export.json_lines(database, call.query.wanted()):
                yield part

        return Stream(write, "journal.jsonl", JSON_LINES)

    async def note(call: Call[JournalFilter, Nothing], database: Database, form: str) -> None:
        actor, filters = call.principal.actor, call.query.given()
        await note_export(journal, database, actor, call.address, form, filters)

    async def state(call: Call[Nothing, Nothing]) -> AuditState:
        return await auditor.state(call.connection)

    async def verify(call: Call[Nothing, VerificationRequest]) -> Verification:
        return await auditor.ask(call.connection, call.principal.actor, whole=call.body.whole)

    path = f"{API}/journal"
    return (
        Route(
            "GET",
            path,
            READ,
            entries,
            "Search the journal, newest first",
            JournalQuery,
            answer=JournalPage,
        ),
        Route(
            "GET",
            f"{path}.csv",
            EXPORT,
            as_csv,
            "Export a search of the journal as CSV",
            JournalFilter,
            answer=bytes,
            answer_media=CSV,
        ),
        Route(
            "GET",
            f"{path}.jsonl",
            EXPORT,
            as_json_lines,
            "Export a search of the journal as JSON lines",
            JournalFilter,
            answer=bytes,
            answer_media=JSON_LINES,
        ),
        Route("GET", f"{API}/audit", READ, state, "How the journal stands", answer=AuditState),
        Route(
            "POST",
            f"{API}/audit/verifications",
            READ,
            verify,
            "Verify the journal",
            body=VerificationRequest,
            answer=Verification,
            status=202,
        ),
    )
