"""The parts of this module."""

from pathlib import Path

from server.kernel.live import Feed
from server.kernel.module import EventKind, Module, Permission
from server.modules.people import api, events
from server.modules.people.service import People

FOLDER = Path(__file__).parent


def setup(people: People) -> Module:
    """Return the module; nothing is opened or run."""
    return Module(
        name="people",
        permissions=[
            Permission(api.READ, roles=frozenset({"manager", "viewer"})),
            Permission(api.WRITE, roles=frozenset({"manager"})),
        ],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=api.routes(people),
        feeds=[Feed(topic="people", permission=api.READ, kinds=frozenset(events.KINDS))],
    )
