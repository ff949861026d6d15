"""Long-running parts: one that fails is logged, shown by health and started again, alone."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A service that ran this long was healthy: its next failure begins with the short pause again.
HEALTHY_AFTER_SECONDS = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """One part that runs as long as the server; `run` returns only when it is cancelled."""

    name: str
    run: Callable[[], Awaitable[None]]


class Services:
    """Runs services and knows which of them are down."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = tuple(services)
        self._down: dict[str, str] = {}
        self._restarts = 0

    @property
    def down(self) -> tuple[str, ...]:
        """Names of the services that failed and wait to be started again."""
        return tuple(self._down)

    @property
    def restarts(self) -> int:
        """How often any service had to be started again."""
        return self._restarts

    async def run(self) -> None:
        """Run all services until cancelled."""
        async with asyncio.TaskGroup() as group:
            for service in self._services:
                group.create_task(self._keep(service), name=service.name)

    async def _keep(self, service: Service) -> None:
        pause = FIRST_PAUSE_SECONDS
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                self._down.pop(service.name, None)
                await service.run()
                reason = "ended by itself"
                _log.error("service ended", extra={"service": service.name})
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                _log.exception("service failed", extra={"service": service.name})
            self._down[service.name] = reason
            self._restarts += 1
            if clock() - began > HEALTHY_AFTER_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
