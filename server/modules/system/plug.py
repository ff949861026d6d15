"""The parts of this module."""

from collections.abc import Sequence

from server.kernel.database import Database
from server.kernel.jobs import Job
from server.kernel.journal import Journal
from server.kernel.live_feed import Feed
from server.kernel.module import Check, EventKind, Module, Permission
from server.kernel.naming import Naming
from server.kernel.services import Service
from server.modules.system import api, api_audit, events
from server.modules.system.audit import VERIFY, Auditor
from server.modules.system.checks import Doctor
from server.modules.system.meters import LoopMeter
from server.modules.system.metrics import Metrics


def setup(
    journal: Journal,
    doctor: Doctor,
    metrics: Metrics,
    loop: LoopMeter,
    checks: Sequence[Check],
    naming: Naming,
    auditor: Auditor,
) -> Module:
    """Return the module; nothing is opened or run. `checks` are those of the box itself."""

    async def nightly(database: Database, _: bytes) -> None:
        await auditor.schedule(database, whole=False)

    async def weekly(database: Database, _: bytes) -> None:
        await auditor.schedule(database, whole=True)

    return Module(
        name="system",
        permissions=[
            Permission(api.READ, roles=frozenset({"manager"})),
            Permission(api_audit.READ, roles=frozenset({"manager"})),
            Permission(api_audit.EXPORT, weighty=True),
        ],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=[*api.routes(doctor, metrics), *api_audit.routes(journal, naming, auditor)],
        jobs=[
            Job(VERIFY, auditor.run),
            Job("audit.nightly", nightly, schedule="23 2 * * 1-6"),
            Job("audit.weekly", weekly, schedule="23 1 * * 0"),
        ],
        feeds=[
            Feed(topic="system", permission=api.READ, kinds=frozenset(events.KINDS)),
            Feed(topic="journal", permission=api_audit.READ, kinds=""),
        ],
        checks=checks,
        services=[Service("loop-meter", loop.run)],
    )
