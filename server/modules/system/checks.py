"""What can go wrong with this box, and how it is told."""

import logging
from collections.abc import Callable, Sequence

from server.kernel.database import Connection, Database
from server.kernel.i18n import Catalogues
from server.kernel.jobs import count_jobs
from server.kernel.module import Check, Finding
from server.kernel.sealing import read_lag
from server.modules.system import machine
from server.modules.system.meters import LoopMeter
from server.modules.system.model import CheckStatus, CheckView, Health, Status

SEALING_LATE_SECONDS = 5.0
SEALING_STUCK_SECONDS = 60.0
LOOP_LATE_SECONDS = 0.120
LOOP_DEGRADED_SECONDS = 0.250
DISK_PERCENT = {90: "error", 80: "warning", 70: "warning"}
HOT_CELSIUS = 75.0
TOO_HOT_CELSIUS = 82.0  # a Pi 5 slows itself down from here on

_log = logging.getLogger(__name__)


def system_checks(
    database: Database, loop: LoopMeter, services_down: Callable[[], Sequence[str]]
) -> list[Check]:
    """Return the checks of the box itself."""

    async def reachable(connection: Connection) -> Finding | None:
        await connection.fetchval("select 1")
        use = database.use()
        return Finding("warning", {"waiting": use.waiting}) if use.waiting else None

    async def sealing(connection: Connection) -> Finding | None:
        lag = await read_lag(connection)
        if lag.seconds < SEALING_LATE_SECONDS:
            return None
        severity = "error" if lag.seconds >= SEALING_STUCK_SECONDS else "warning"
        return Finding(severity, {"entries": lag.entries, "seconds": round(lag.seconds)})

    async def event_loop(_: Connection) -> Finding | None:
        delay = loop.p99_seconds
        if delay < LOOP_LATE_SECONDS:
            return None
        severity = "error" if delay >= LOOP_DEGRADED_SECONDS else "warning"
        return Finding(severity, {"milliseconds": round(delay * 1000)})

    async def running(_: Connection) -> Finding | None:
        down = services_down()
        return Finding("error", {"names": ", ".join(down)}) if down else None

    return [
        Check("database", reachable),
        Check("sealing", sealing),
        Check("event-loop", event_loop),
        Check("services", running),
        Check("jobs", failed_jobs),
        Check("disk", disk),
        Check("temperature", temperature),
        Check("clock", clock),
    ]


async def failed_jobs(connection: Connection) -> Finding | None:
    """Find jobs that were given up."""
    failed = (await count_jobs(connection))["failed"]
    return Finding("warning", {"count": failed}) if failed else None


async def disk(_: Connection) -> Finding | None:
    """Find the fullest file system."""
    fullest = max(machine.disks(), key=lambda found: found.used_percent, default=None)
    if fullest is None:
        return None
    used = fullest.used_percent
    for limit, severity in DISK_PERCENT.items():
        if used >= limit:
            free = round(fullest.free / 1e9, 1)
            return Finding(
                severity, {"path": fullest.path, "percent": round(used), "gigabytes": str(free)}
            )
    return None


async def temperature(_: Connection) -> Finding | None:
    """Find a machine that is too hot."""
    now = machine.temperature_celsius()
    if now is None or now < HOT_CELSIUS:
        return None
    return Finding("error" if now >= TOO_HOT_CELSIUS else "warning", {"celsius": round(now)})


async def clock(_: Connection) -> Finding | None:
    """Find a clock that nobody keeps right."""
    return Finding("warning") if machine.clock_synchronised() is False else None


class Doctor:
    """Runs all checks and puts what they find into words."""

    def __init__(self, texts: Catalogues, checks: Sequence[Check]) -> None:
        self._texts = texts
        self._checks = tuple(checks)

    @property
    def checks(self) -> Sequence[str]:
        """The ids of all checks."""
        return tuple(check.id for check in self._checks)

    async def examine(self, connection: Connection, language: str) -> Health:
        """Return how the box is now, in that language."""
        views = [await self._run(check, connection, language) for check in self._checks]
        statuses = {view.status for view in views}
        if CheckStatus.ERROR in statuses:
            return Health(Status.ERROR, views)
        if CheckStatus.WARNING in statuses:
            return Health(Status.DEGRADED, views)
        return Health(Status.OK, views)

    async def _run(self, check: Check, connection: Connection, language: str) -> CheckView:
        title = self._texts.text(language, f"check-{check.id}")
        try:
            finding = await check.run(connection)
        except Exception:
            # A check that fails is bad news itself; the others must still be heard.
            _log.exception("check failed", extra={"check": check.id})
            detail = self._texts.text(language, "check-failed")
            return CheckView(check.id, CheckStatus.ERROR, title, detail)
        if finding is None:
            return CheckView(check.id, CheckStatus.OK, title)
        detail = self._texts.text(
            language, f"check-{check.id}.detail", severity=finding.severity, **finding.words
        )
        return CheckView(check.id, CheckStatus(finding.severity), title, detail)


def unavailable() -> Health:
    """Return what is said while the database is away."""
    return Health(Status.ERROR)
