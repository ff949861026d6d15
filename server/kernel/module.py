"""What a module is: a value that lists its parts. Nothing is found by scanning."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.kernel.auth import FIRST_FACTOR, SIGNED_IN
from server.kernel.database import Connection, Database
from server.kernel.http import Route
from server.kernel.i18n import Catalogues
from server.kernel.jobs import Job
from server.kernel.journal import Journal, Reaction
from server.kernel.live_feed import Feed
from server.kernel.naming import Names
from server.kernel.personal import PersonalData
from server.kernel.services import Service


class ModuleError(ValueError):
    """Two modules claim the same name, or a route wants an undeclared permission."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A right that a principal may hold, such as `loans.write`; described in the catalogues.

    `roles`: the built-in roles that hold it from the beginning; an admin may take it from them.
    `weighty`: who holds it is an administrator, of whom a site may want a second factor.
    """

    name: str
    roles: frozenset[str] = frozenset()
    weighty: bool = False


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of journal entry; described in `docs/events.md`."""

    name: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can go wrong. `run` returns what to say, or None when all is well."""

    id: str
    run: Callable[[Connection], Awaitable["Finding | None"]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's bad news: severity `warning` or `error`, and words for the catalogue's sentence."""

    severity: str
    words: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number for `/api/system/metrics`, in the base unit that its name ends with.

    With a `label`, one number for each of its values.
    """

    name: str
    help: str
    read: Callable[[Connection], Awaitable[float | Mapping[str, float]]]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Where this box stands: its name, IANA time zone and first language.

    `id` is empty until the first admin has set the site up.
    """

    name: str
    zone: str
    language: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Kernel:
    """What `setup` of a module may use."""

    database: Database
    journal: Journal
    texts: Catalogues
    site: Site


@dataclass(frozen=True, slots=True)
class Module:
    """The parts of one domain. `services` run while the server runs; `names` names its ids,
    `personal` is what it does about persons whose data it holds.
    """

    name: str
    permissions: Sequence[Permission] = ()
    kinds: Sequence[EventKind] = ()
    routes: Sequence[Route] = ()
    jobs: Sequence[Job] = ()
    reactions: Sequence[Reaction] = ()
    feeds: Sequence[Feed] = ()
    checks: Sequence[Check] = ()
    gauges: Sequence[Gauge] = ()
    services: Sequence[Service] = ()
    pages: Path | None = None
    names: Names | None = None
    personal: PersonalData | None = None


def check_modules(modules: Sequence[Module]) -> None:
    """Stop the start when two modules disagree.

    Raises ModuleError for a doubled name, permission, kind, topic or route, and for a route or
    feed that wants a permission nobody declared.
    """
    claims: list[tuple[str, list[str]]] = [
        ("module", [m.name for m in modules]),
        ("permission", [p.name for m in modules for p in m.permissions]),
        ("event kind", [k.name for m in modules for k in m.kinds]),
        ("topic", [f.topic for m in modules for f in m.feeds]),
        ("route", [f"{r.method} {r.path}" for m in modules for r in m.routes]),
        ("job", [j.name for m in modules for j in m.jobs]),
        ("check", [c.id for m in modules for c in m.checks]),
        ("gauge", [g.name for m in modules for g in m.gauges]),
        ("service", [s.name for m in modules for s in m.services]),
    ]
    for what, names in claims:
        doubled = [name for name, count in Counter(names).items() if count > 1]
        if doubled:
            raise ModuleError(f"{what} declared twice: {', '.join(doubled)}")
    declared = {SIGNED_IN, FIRST_FACTOR} | {p.name for m in modules for p in m.permissions}
    wanted = {r.permission for m in modules for r in m.routes if r.permission is not None}
    wanted |= {f.permission for m in modules for f in m.feeds}
    if undeclared := sorted(wanted - declared):
        raise ModuleError(f"permission used but not declared: {', '.join(undeclared)}")
