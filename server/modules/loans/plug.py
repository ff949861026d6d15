"""The parts of this module."""

from server.kernel.database import Connection
from server.kernel.live import Feed
from server.kernel.module import EventKind, Gauge, Module, Permission
from server.modules.loans import api, api_loans, events, store_loans
from server.modules.loans.service import Loans
from server.modules.people.service import People


def setup(loans: Loans, people: People, zone: str) -> Module:
    """Return the module; nothing is opened or run. `zone` is the site's IANA time zone."""
    return Module(
        name="loans",
        permissions=[
            Permission(name) for name in (api.READ, api.LEND, api.WRITE, api_loans.SETTLE)
        ],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=[*api.routes(loans, people), *api_loans.routes(loans, zone)],
        feeds=[Feed(topic="loans", permission=api.READ, kinds=frozenset(events.KINDS))],
        gauges=[Gauge("genba_conflicts_open", "Conflicts that nobody settled.", _conflicts)],
    )


async def _conflicts(connection: Connection) -> float:
    return float(await store_loans.count_open_conflicts(connection))
