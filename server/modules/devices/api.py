"""HTTP of agents and the quarantine: path, permission, request, answer."""

from collections.abc import Sequence
from datetime import UTC, datetime

from server.kernel.http import (
    API,
    Call,
    Nothing,
    Page,
    Paging,
    Reply,
    Route,
    page_of,
    read_cursor,
)
from server.modules.devices import store
from server.modules.devices.api_pairing import READ, WRITE
from server.modules.devices.model import (
    AgentChange,
    AgentView,
    QuarantinedRow,
    QuarantineState,
    view,
)
from server.modules.devices.service import Devices, Retrier


class QuarantineQuery(Paging, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the quarantine."""

    state: QuarantineState | None = None


def routes(devices: Devices, retrier: Retrier) -> Sequence[Route]:
    """Return this module's operations."""

    async def list_agents(call: Call[Nothing, Nothing]) -> Page[AgentView]:
        now = datetime.now(UTC)
        agents = [view(agent, now) for agent in await store.list_agents(call.connection)]
        return Page(agents, None, len(agents))

    async def get(call: Call[Nothing, Nothing]) -> Reply:
        agent = await devices.agent(call.connection, call.path["id"])
        return Reply(view(agent, datetime.now(UTC)), version=agent.row_version)

    async def change(call: Call[Nothing, AgentChange]) -> Reply:
        agent = await devices.change(
            call.connection,
            call.principal.actor,
            call.path["id"],
            call.body,
            call.expected_version(),
        )
        return Reply(view(agent, datetime.now(UTC)), version=agent.row_version)

    async def revoke(call: Call[Nothing, Nothing]) -> Reply:
        agent = await devices.revoke(call.connection, call.principal.actor, call.path["id"])
        return Reply(view(agent, datetime.now(UTC)), version=agent.row_version)

    async def list_quarantine(call: Call[QuarantineQuery, Nothing]) -> Page[QuarantinedRow]:
        query = call.query
        after = read_cursor(query.cursor, tuple[str])[0] if query.cursor else None
        rows = await store.list_quarantine(
            call.connection, state=query.state, after=after, limit=query.limit + 1
        )
        return page_of(rows, query.limit, lambda row: (row.id,))

    async def retry(call: Call[Nothing, Nothing]) -> QuarantinedRow:
        return await devices.retry_quarantined(
            call.connection, call.principal.actor, call.path["id"], retrier
        )

    async def discard(call: Call[Nothing, Nothing]) -> QuarantinedRow:
        return await devices.discard_quarantined(
            call.connection, call.principal.actor, call.path["id"]
        )

    agents, quarantine = f"{API}/devices/agents", f"{API}/devices/quarantine"
    return (
        Route("GET", agents, READ, list_agents, "List agents", answer=Page[AgentView]),
        Route("GET", agents + "/{id}", READ, get, "Get an agent", answer=AgentView),
        Route(
            "PATCH",
            agents + "/{id}",
            WRITE,
            change,
            "Rename or move an agent",
            body=AgentChange,
            answer=AgentView,
        ),
        Route("POST", agents + "/{id}/revoke", WRITE, revoke, "Revoke an agent", answer=AgentView),
        Route(
            "GET",
            quarantine,
            READ,
            list_quarantine,
            "List quarantined rows",
            QuarantineQuery,
            answer=Page[QuarantinedRow],
        ),
        Route(
            "POST",
            quarantine + "/{id}/retry",
            WRITE,
            retry,
            "Try a quarantined row again",
            answer=QuarantinedRow,
        ),
        Route(
            "POST",
            quarantine + "/{id}/discard",
            WRITE,
            discard,
            "Give a quarantined row up",
            answer=QuarantinedRow,
        ),
    )
