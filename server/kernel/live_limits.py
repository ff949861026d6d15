"""How many live sockets an address may have, and how much each may say."""

import time
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from server.kernel.caller import caller_of
from server.kernel.limits import Policy, take
from server.kernel.rate_limits import TooManyRequests, network_of

FULL_AGAIN_SECONDS = 60


class LiveLimits:
    """Counts sockets by address; 0 means no limit. The server's own machine has none."""

    def __init__(
        self,
        sockets_per_address: int = 0,
        messages_per_second: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = sockets_per_address
        # A page that comes back subscribes to all its topics at once: some seconds' worth.
        self._messages = (
            Policy("live-messages", 5 * messages_per_second, 5) if messages_per_second else None
        )
        self._clock = clock
        self._sockets: Counter[str] = Counter()

    def enter(self, request: web.Request) -> str:
        """Count a socket of the caller; return what to `leave`. Raises TooManyRequests."""
        caller = caller_of(request)
        network = network_of(caller.address)
        if self._most and self._sockets[network] >= self._most and not caller.local:
            raise TooManyRequests(retry_after=FULL_AGAIN_SECONDS)
        self._sockets[network] += 1
        return network

    def leave(self, network: str) -> None:
        """Count a socket no more."""
        self._sockets[network] -= 1
        if self._sockets[network] <= 0:
            del self._sockets[network]

    def hear(self, full_at: float) -> tuple[float, bool]:
        """Take a message of the page whose bucket is full at `full_at`.

        Returns when it will be full now, and whether this is one message too many.
        """
        if self._messages is None:
            return full_at, False
        full_at, verdict = take(full_at, self._messages, self._clock())
        return full_at, bool(verdict.wait)
