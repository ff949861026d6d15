"""The parts of this module."""

from server.kernel.database import Database
from server.kernel.jobs import Job
from server.kernel.live import Feed
from server.kernel.module import Check, EventKind, Gauge, Module, Permission
from server.kernel.services import Service
from server.modules.devices import api, checks, events, store
from server.modules.devices.feed import ReplicaFeed
from server.modules.devices.revocations import Revocations
from server.modules.devices.service import Devices, Retrier


def setup(
    devices: Devices,
    retrier: Retrier,
    feed: ReplicaFeed,
    revocations: Revocations,
    *,
    enrolment_days: int,
) -> Module:
    """Return the module; nothing is opened or run."""

    async def forget_old_enrolments(database: Database, _: bytes) -> None:
        async with database.transaction() as connection:
            await store.delete_old_enrolments(connection, enrolment_days)

    return Module(
        name="devices",
        permissions=[
            Permission(api.READ, roles=frozenset({"manager", "viewer"})),
            Permission(api.WRITE),
        ],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=api.routes(devices, retrier),
        jobs=[Job("devices.forget", forget_old_enrolments, schedule="27 3 * * *")],
        feeds=[Feed(topic="devices", permission=api.READ, kinds=frozenset(events.KINDS))],
        checks=[
            Check("agent-silent", checks.agent_silent),
            Check("quarantine", checks.quarantine),
            Check("missing-rows", checks.missing_rows),
        ],
        gauges=[
            Gauge("genba_agents_online", "Agents that are linked.", checks.agents_online),
            Gauge(
                "genba_agent_waiting_rows",
                "Rows in an agent's queue, as it said last.",
                checks.waiting_rows,
                label="agent",
            ),
            Gauge(
                "genba_quarantine_rows",
                "Rows of agents that nobody understood and nobody settled.",
                checks.quarantined_rows,
            ),
        ],
        services=[
            Service("replica-feed", feed.run),
            Service("revocations", revocations.run),
        ],
    )
