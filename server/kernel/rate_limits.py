"""Who may send how many requests: by address, by user, and for attempts to get in.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10; the status is 429 (RFC 6585).
"""

import ipaddress
import math
import time
from collections.abc import Callable, Mapping, MutableMapping

from aiohttp import web

from server.kernel.caller import Caller, caller_of
from server.kernel.limits import Buckets, Policy, Verdict
from server.kernel.problems import Problem

# Processes on the server's own machine: the demo, the command line, a monitor, the benchmarks.
LOCAL_FACTOR = 1_000
ADDRESS, ANONYMOUS, USER = "address", "anonymous", "user"
SIGN_IN, PAIRING, HANDSHAKE = "sign-in", "pairing", "handshake"
_VERDICT = web.RequestKey("rate limit", Verdict)


class TooManyRequests(Problem):
    """More requests than the caller may send; Retry-After says when there may be another."""

    slug = "too-many-requests"
    status = 429


class RateLimits:
    """The buckets of this process. Without policies nothing is limited."""

    def __init__(
        self, policies: Mapping[str, Policy], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._policies = policies
        self._buckets = Buckets(clock)

    def take_for_address(self, request: web.Request, name: str) -> None:
        """Count a request of its address. Raises TooManyRequests."""
        caller = caller_of(request)
        self._take(request, name, network_of(caller.address), caller)

    def take_for_user(self, request: web.Request, actor: str) -> None:
        """Count a request of somebody who is known. Raises TooManyRequests."""
        self._take(request, USER, actor, caller_of(request))

    def _take(self, request: web.Request, name: str, key: str, caller: Caller) -> None:
        policy = self._policies.get(name)
        if policy is None:
            return
        verdict = self._buckets.take(policy.times(LOCAL_FACTOR) if caller.local else policy, key)
        # Of several limits the caller is told of the nearest.
        told = request.get(_VERDICT)
        if told is None or verdict.wait or verdict.remaining < told.remaining:
            request[_VERDICT] = verdict
        if verdict.wait:
            raise TooManyRequests(retry_after=math.ceil(verdict.wait))


UNLIMITED = RateLimits({})


def tell_limits(request: web.Request, headers: MutableMapping[str, str]) -> None:
    """Add what the caller may still send, if anything was counted."""
    verdict = request.get(_VERDICT)
    if verdict is None:
        return
    policy = verdict.policy
    headers["RateLimit-Policy"] = f'"{policy.name}";q={policy.quota};w={policy.window}'
    seconds = math.ceil(verdict.wait or verdict.full_in)
    headers["RateLimit"] = f'"{policy.name}";r={verdict.remaining};t={seconds}'


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 one, or the /64 that one host has in IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
