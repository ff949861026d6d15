"""The parts of this module."""

from server.kernel.database import Database
from server.kernel.jobs import Job
from server.kernel.live_feed import Feed
from server.kernel.module import Check, EventKind, Gauge, Module, Permission
from server.kernel.naming import names_in
from server.kernel.services import Service
from server.modules.devices import api, api_pairing, checks, events, store, store_pairing
from server.modules.devices.enrolment import Enrolments
from server.modules.devices.feed import ReplicaFeed
from server.modules.devices.pairing import Pairings
from server.modules.devices.personal import personal_data
from server.modules.devices.revocations import Revocations
from server.modules.devices.service import Devices, Retrier

PAIRING_HOURS = 24


def setup(
    devices: Devices,
    enrolments: Enrolments,
    pairings: Pairings,
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

    async def forget_old_pairings(database: Database, _: bytes) -> None:
        async with database.transaction() as connection:
            await store_pairing.delete_old_pairings(connection, PAIRING_HOURS)

    return Module(
        name="devices",
        permissions=[
            Permission(api_pairing.READ, roles=frozenset({"manager", "viewer"})),
            Permission(api_pairing.WRITE, weighty=True),
        ],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=[*api.routes(devices, retrier), *api_pairing.routes(enrolments, pairings)],
        jobs=[
            Job("devices.forget", forget_old_enrolments, schedule="27 3 * * *"),
            Job("devices.forget-pairings", forget_old_pairings, schedule="41 * * * *"),
        ],
        feeds=[Feed(topic="devices", permission=api_pairing.READ, kinds=frozenset(events.KINDS))],
        personal=personal_data(),
        names=names_in("devices.agent"),
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
