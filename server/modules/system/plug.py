"""The parts of this module."""

from collections.abc import Sequence

from server.kernel.journal import Journal
from server.kernel.live import Feed
from server.kernel.module import Check, EventKind, Module, Permission
from server.kernel.services import Service
from server.modules.system import api, events
from server.modules.system.checks import Doctor
from server.modules.system.meters import LoopMeter
from server.modules.system.metrics import Metrics


def setup(
    journal: Journal,
    doctor: Doctor,
    metrics: Metrics,
    loop: LoopMeter,
    checks: Sequence[Check],
) -> Module:
    """Return the module; nothing is opened or run. `checks` are those of the box itself."""
    return Module(
        name="system",
        permissions=[Permission(api.READ, roles=frozenset({"manager"}))],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=api.routes(journal, doctor, metrics),
        feeds=[
            Feed(topic="system", permission=api.READ, kinds=frozenset(events.KINDS)),
            Feed(topic="journal", permission=api.READ, kinds=""),
        ],
        checks=checks,
        services=[Service("loop-meter", loop.run)],
    )
