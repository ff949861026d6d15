"""What can go wrong with agents, and the numbers of them."""

from collections.abc import Mapping

from server.kernel.database import Connection
from server.kernel.module import Finding
from server.modules.devices import store
from server.modules.devices.model import ONLINE_SECONDS

SILENT_WARNING_SECONDS = 2 * 60
SILENT_ERROR_SECONDS = 12 * 3600


async def agent_silent(connection: Connection) -> Finding | None:
    """Find agents that should be there and say nothing."""
    silent = await store.silent_agents(connection, SILENT_WARNING_SECONDS)
    if not silent:
        return None
    severity = "error" if max(silent.values()) >= SILENT_ERROR_SECONDS else "warning"
    return Finding(severity, {"names": ", ".join(silent), "count": len(silent)})


async def quarantine(connection: Connection) -> Finding | None:
    """Find rows that wait in quarantine."""
    count = await store.count_waiting(connection)
    return Finding("warning", {"count": count}) if count else None


async def missing_rows(connection: Connection) -> Finding | None:
    """Find agents whose queue passed over numbers: rows were lost, by them or by a restore here."""
    found = await store.queues_with_holes(connection)
    if not found:
        return None
    names = ", ".join(sorted({name for name, _ in found}))
    return Finding("warning", {"names": names, "count": sum(count for _, count in found)})


async def agents_online(connection: Connection) -> float:
    """Return how many agents are linked."""
    return float(await store.count_online(connection, ONLINE_SECONDS))


async def waiting_rows(connection: Connection) -> Mapping[str, float]:
    """Return the rows that wait in each agent's queue, as it said last."""
    return {
        agent.name: float(agent.status.waiting)
        for agent in await store.list_agents(connection)
        if not agent.revoked
    }


async def quarantined_rows(connection: Connection) -> float:
    """Return how many rows wait in quarantine."""
    return float(await store.count_waiting(connection))
