"""How long to wait before the next attempt: exponential with full jitter, capped.

Full jitter (a uniform draw from zero to the bound) spreads fifty agents that lost one server at the
same instant.
"""

import random
from collections.abc import Callable

FIRST_SECONDS = 0.5
CAP_SECONDS = 30.0


class Backoff:
    """One owner's waiting times."""

    def __init__(
        self,
        first_seconds: float = FIRST_SECONDS,
        cap_seconds: float = CAP_SECONDS,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first = first_seconds
        self._cap = cap_seconds
        self._draw = draw
        self._failures = 0

    def next_seconds(self) -> float:
        """Return how long to wait now."""
        bound = min(self._cap, self._first * 2 ** min(self._failures, 16))
        self._failures += 1
        return self._draw(0, bound)

    def reset(self) -> None:
        """Begin anew after a success."""
        self._failures = 0
