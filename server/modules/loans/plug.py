"""The parts of this module."""

from collections.abc import Callable

from server.kernel.database import Connection
from server.kernel.live_feed import Feed
from server.kernel.module import EventKind, Gauge, Module, Permission
from server.kernel.naming import names_in
from server.modules.loans import api, api_loans, events, store_loans
from server.modules.loans.personal import personal_data
from server.modules.loans.service import Loans
from server.modules.people.service import People


def setup(loans: Loans, people: People, zone: Callable[[], str]) -> Module:
    """Return the module; nothing is opened or run. `zone` tells the site's IANA time zone."""
    return Module(
        name="loans",
        permissions=[
            Permission(api.READ, roles=frozenset({"manager", "viewer", "staff"})),
            Permission(api.LEND, roles=frozenset({"manager"})),
            Permission(api.WRITE, roles=frozenset({"manager"}), weighty=True),
            Permission(api_loans.SETTLE, roles=frozenset({"manager"})),
        ],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=[*api.routes(loans, people), *api_loans.routes(loans, zone)],
        personal=personal_data(),
        names=names_in("loans.item"),
        feeds=[Feed(topic="loans", permission=api.READ, kinds=frozenset(events.KINDS))],
        gauges=[Gauge("genba_conflicts_open", "Conflicts that nobody settled.", _conflicts)],
    )


async def _conflicts(connection: Connection) -> float:
    return float(await store_loans.count_open_conflicts(connection))
