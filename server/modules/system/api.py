"""HTTP of health and metrics: path, permission, request, answer."""

from collections.abc import Sequence

from server.kernel.http import Call, Nothing, Reply, Route
from server.modules.system.checks import Doctor, unavailable
from server.modules.system.exposition import MEDIA_TYPE, write
from server.modules.system.metrics import Metrics
from server.modules.system.model import Health

READ = "system.read"


def routes(doctor: Doctor, metrics: Metrics) -> Sequence[Route]:
    """Return this module's operations."""

    async def health(call: Call[Nothing, Nothing]) -> Health:
        found = await doctor.examine(call.connection, call.language)
        return found if call.principal.may(READ) else Health(found.status)

    def no_database() -> Reply:
        return Reply(unavailable(), 503)

    async def numbers(call: Call[Nothing, Nothing]) -> Reply:
        return Reply(write(await metrics.collect(call.connection)), media_type=MEDIA_TYPE)

    return (
        Route(
            "GET",
            "/api/system/health",
            None,
            health,
            "How the box is",
            answer=Health,
            when_unavailable=no_database,
        ),
        Route(
            "GET",
            "/api/system/metrics",
            READ,
            numbers,
            "Numbers for Prometheus",
            answer=bytes,
            answer_media="text/plain",
        ),
    )
