"""No agent may keep the others waiting: who sends very much is read more slowly.

A link has one message under way at a time, and the next is not read before its turn: TCP then holds
the sender back. Nothing is refused or lost, and an honest agent's whole queue fits into the quota.
"""

import logging
import time
from collections.abc import Callable

from contract.ids import AgentId
from contract.link import Events, Up
from server.kernel.limits import Buckets, Policy

_log = logging.getLogger(__name__)
# What a message costs beside its rows: a transaction takes as long as some twenty rows of it.
MESSAGE_COST = 20
BYTES_A_ROW = 1_024
TELL_SECONDS = 60.0


class Pacing:
    """Counts each agent's work in rows, over all its links. Without a policy nobody is slowed."""

    def __init__(self, policy: Policy | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        self._buckets = Buckets(clock)
        self._told = -TELL_SECONDS

    def pause(self, agent: AgentId, message: Up) -> float:
        """Count a message that was answered; return the seconds to wait before the next is read."""
        if self._policy is None:
            return 0.0
        pause = self._buckets.charge(self._policy, agent, cost_of(message))
        if pause and self._clock() - self._told >= TELL_SECONDS:
            self._told = self._clock()
            _log.warning("an agent sends more than its share and is slowed", extra={"agent": agent})
        return pause


def cost_of(message: Up) -> int:
    """Return what a message costs, in rows; very long rows count as several."""
    rows = message.rows if isinstance(message, Events) else []
    size = sum(memoryview(row).nbytes for row in rows)
    return MESSAGE_COST + max(len(rows), size // BYTES_A_ROW)
