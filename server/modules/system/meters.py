"""What this process measures of itself while it runs."""

import asyncio
import math
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Mapping, Sequence

BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SAMPLE_SECONDS = 0.1
SAMPLES = 600


class LoopMeter:
    """How late the event loop is: a sample each 100 ms, the last minute kept."""

    def __init__(self) -> None:
        self._delays: deque[float] = deque(maxlen=SAMPLES)

    async def run(self) -> None:
        """Measure until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            await asyncio.sleep(SAMPLE_SECONDS)
            self.note(max(0.0, clock() - began - SAMPLE_SECONDS))

    def note(self, delay_seconds: float) -> None:
        """Keep one sample."""
        self._delays.append(delay_seconds)

    @property
    def p99_seconds(self) -> float:
        """The delay that 99 of 100 samples stay below; 0 before the first."""
        ordered = sorted(self._delays)
        return ordered[math.ceil(0.99 * len(ordered)) - 1] if ordered else 0.0


class HttpMeter:
    """Answers by class of status, and how long they took."""

    def __init__(self) -> None:
        self._classes: Counter[str] = Counter()
        self._buckets = [0] * (len(BUCKETS_SECONDS) + 1)
        self._seconds = 0.0

    def note(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self._classes[f"{status // 100}xx"] += 1
        self._buckets[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        self._seconds += seconds

    @property
    def by_class(self) -> Mapping[str, int]:
        """Answers by class, such as `2xx`."""
        return self._classes

    @property
    def buckets(self) -> Sequence[int]:
        """Answers by duration: one count a bucket, the last beyond all of them."""
        return tuple(self._buckets)

    @property
    def seconds(self) -> float:
        """Seconds spent on all answers together."""
        return self._seconds
