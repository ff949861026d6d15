"""HTTP of health, metrics and journal: path, permission, request, answer."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from server.kernel.http import API, MAX_LIMIT, Call, Nothing, Page, Reply, Route
from server.kernel.journal import AuditEntry, Journal, Wanted
from server.modules.system.checks import Doctor, unavailable
from server.modules.system.exposition import MEDIA_TYPE, write
from server.modules.system.metrics import Metrics
from server.modules.system.model import Health

READ = "system.read"


class JournalQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the journal; entries below position `before`, newest first."""

    before: Annotated[int, msgspec.Meta(ge=1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)] = 50
    module: str = ""
    kind: str = ""
    subject: str = ""
    actor: str = ""
    search: str = ""


def routes(journal: Journal, doctor: Doctor, metrics: Metrics) -> Sequence[Route]:
    """Return this module's operations."""

    async def health(call: Call[Nothing, Nothing]) -> Health:
        found = await doctor.examine(call.connection, call.language)
        return found if call.principal.may(READ) else Health(found.status)

    def no_database() -> Reply:
        return Reply(unavailable(), 503)

    async def numbers(call: Call[Nothing, Nothing]) -> Reply:
        return Reply(write(await metrics.collect(call.connection)), media_type=MEDIA_TYPE)

    async def entries(call: Call[JournalQuery, Nothing]) -> Page[AuditEntry]:
        query = call.query
        wanted = Wanted(query.subject, query.kind, query.actor, query.module, query.search)
        found = await journal.search(
            call.connection, wanted, before=query.before, limit=query.limit
        )
        return Page(list(found.entries), None if found.next is None else str(found.next))

    return (
        Route(
            "GET",
            "/api/system/health",
            None,
            health,
            "How the box is",
            answer=Health,
            when_unavailable=no_database,
        ),
        Route(
            "GET",
            "/api/system/metrics",
            READ,
            numbers,
            "Numbers for Prometheus",
            answer=bytes,
            answer_media="text/plain",
        ),
        Route(
            "GET",
            f"{API}/journal",
            READ,
            entries,
            "Search the journal, newest first",
            JournalQuery,
            answer=Page[AuditEntry],
        ),
    )
