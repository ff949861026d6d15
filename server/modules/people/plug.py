"""The parts of this module."""

from pathlib import Path

from server.kernel.jobs import Job
from server.kernel.live_feed import Feed
from server.kernel.module import Check, EventKind, Module, Permission
from server.kernel.naming import names_in
from server.modules.people import api, api_privacy, events
from server.modules.people.personal import personal_data
from server.modules.people.privacy import REDACT, Privacy
from server.modules.people.service import People

FOLDER = Path(__file__).parent


def setup(people: People, privacy: Privacy) -> Module:
    """Return the module; nothing is opened or run."""
    return Module(
        name="people",
        permissions=[
            Permission(api.READ, roles=frozenset({"manager", "viewer"})),
            Permission(api.WRITE, roles=frozenset({"manager"}), weighty=True),
            Permission(api_privacy.PRIVACY, weighty=True),
        ],
        kinds=[EventKind(kind) for kind in events.KINDS],
        routes=[*api.routes(people), *api_privacy.routes(privacy)],
        jobs=[Job(REDACT, privacy.redact)],
        checks=[Check("erasure", privacy.check)],
        personal=personal_data(),
        names=names_in("people.person"),
        feeds=[Feed(topic="people", permission=api.READ, kinds=frozenset(events.KINDS))],
    )
