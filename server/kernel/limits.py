"""How often somebody may do something: token buckets, and a keeper of very many of them.

A bucket holds `quota` tokens and refills evenly within `window` seconds. All that is kept of it is
the moment at which it will be full: of a full bucket nothing, so that it can be forgotten.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MOST_BUCKETS = 20_000


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `quota` at once, and as many in `window` seconds ever after."""

    name: str
    quota: int
    window: int = 60

    def __post_init__(self) -> None:
        if self.quota < 1 or self.window < 1:
            raise ValueError("a quota and a window are at least 1")

    def times(self, factor: int) -> "Policy":
        """Return the same policy, so many times wider."""
        return Policy(self.name, self.quota * factor, self.window)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket says. `wait` is 0, or the seconds until there is a token again.

    `remaining` tokens are there now; it is full in `full_in` seconds.
    """

    policy: Policy
    remaining: int
    full_in: float
    wait: float = 0.0


def take(full_at: float, policy: Policy, now: float) -> tuple[float, Verdict]:
    """Take one token from the bucket that will be full at `full_at`, if there is one.

    Returns when the bucket will be full now, and the verdict. A refusal costs nothing.
    """
    each = policy.window / policy.quota
    full_in = max(0.0, full_at - now)
    after = full_in + each
    # Of floating point a token may lack a millionth; that is one too.
    if after > policy.window + each * 1e-6:
        return now + full_in, Verdict(policy, 0, full_in, wait=after - policy.window)
    remaining = math.floor((policy.window - after) / each + 1e-6)
    return now + after, Verdict(policy, max(0, remaining), after)


def charge(full_at: float, policy: Policy, now: float, cost: int) -> tuple[float, float]:
    """Take `cost` tokens for what is done already, into debt where there are fewer.

    Returns when the bucket will be full now, and the seconds until the debt is paid.
    """
    full_at = max(full_at, now) + cost * policy.window / policy.quota
    return full_at, max(0.0, full_at - now - policy.window)


class Buckets:
    """Buckets by policy and key, at most `most`: the one longest untouched is forgotten first.

    Forgetting gives its owner a full bucket; with very many addresses an attacker could have that
    anyway. What it costs is bounded: some 200 bytes a bucket.
    """

    def __init__(self, clock: Callable[[], float], most: int = MOST_BUCKETS) -> None:
        self._clock = clock
        self._most = most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._full_at)

    def take(self, policy: Policy, key: Hashable) -> Verdict:
        """Take one token from this key's bucket, if there is one."""
        now = self._clock()
        mark = (policy.name, key)
        full_at, verdict = take(self._full_at.pop(mark, now), policy, now)
        self._full_at[mark] = full_at
        self._forget(now)
        return verdict

    def charge(self, policy: Policy, key: Hashable, cost: int) -> float:
        """Take tokens from this key's bucket, into debt if need be; return the seconds of debt."""
        now = self._clock()
        mark = (policy.name, key)
        full_at, debt = charge(self._full_at.pop(mark, now), policy, now, cost)
        self._full_at[mark] = full_at
        self._forget(now)
        return debt

    def _forget(self, now: float) -> None:
        # Two each time: so those that are full again go away faster than new ones can come.
        for _ in range(2):
            mark, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._most:
                return
            del self._full_at[mark]
            if not self._full_at:
                return
