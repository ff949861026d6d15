"""Token buckets: never more than agreed, never less, and bounded in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.limits import Buckets, Policy, charge, take

POLICIES = st.builds(
    Policy, st.just("p"), quota=st.integers(1, 1_000), window=st.integers(1, 3_600)
)
GAPS = st.lists(st.floats(0, 100, allow_subnormal=False), min_size=1, max_size=200)


@given(POLICIES, GAPS)
def test_never_more_than_the_quota_and_what_refilled_meanwhile(
    policy: Policy, gaps: list[float]
) -> None:
    now, full_at = 0.0, 0.0
    taken: list[float] = []
    for gap in gaps:
        now += gap
        full_at, verdict = take(full_at, policy, now)
        if not verdict.wait:
            taken.append(now)
    for begin, since in enumerate(taken):
        count = len(taken) - begin
        assert count <= policy.quota * (1 + (now - since) / policy.window) + 1e-3


@given(POLICIES, GAPS)
def test_who_waits_as_told_gets_a_token(policy: Policy, gaps: list[float]) -> None:
    now, full_at = 0.0, 0.0
    for gap in gaps:
        now += gap
        full_at, verdict = take(full_at, policy, now)
        if verdict.wait:
            now += verdict.wait
            full_at, verdict = take(full_at, policy, now)
            assert verdict.wait == 0


@given(POLICIES)
def test_a_full_bucket_gives_its_whole_quota_at_once(policy: Policy) -> None:
    full_at = 0.0
    for left in reversed(range(policy.quota)):
        full_at, verdict = take(full_at, policy, 50.0)
        assert (verdict.wait, verdict.remaining) == (0, left)
    _, verdict = take(full_at, policy, 50.0)
    assert verdict.wait == pytest.approx(policy.window / policy.quota)


@given(POLICIES)
def test_a_refusal_costs_nothing(policy: Policy) -> None:
    full_at = float(policy.window)
    for _ in range(10):
        full_at, verdict = take(full_at, policy, 0.0)
        assert verdict.wait > 0
    assert full_at == policy.window


@given(st.integers(1, 50), st.lists(st.integers(0, 300), max_size=300))
def test_buckets_take_no_more_memory_than_agreed(most: int, keys: list[int]) -> None:
    buckets = Buckets(lambda: 0.0, most)
    for key in keys:
        buckets.take(Policy("p", 5), key)
        assert len(buckets) <= most


def test_what_is_full_again_is_forgotten() -> None:
    now = 0.0
    buckets = Buckets(lambda: now)
    for key in range(100):
        buckets.take(Policy("p", 5), key)
    now = 60.0
    for _ in range(60):
        buckets.take(Policy("p", 5), "other")
    assert len(buckets) == 1


def test_one_caller_does_not_spend_what_is_anothers() -> None:
    buckets = Buckets(lambda: 0.0)
    policy = Policy("p", 1)
    assert buckets.take(policy, "a").wait == 0
    assert buckets.take(policy, "a").wait > 0
    assert buckets.take(policy, "b").wait == 0
    assert buckets.take(Policy("q", 1), "a").wait == 0


@given(POLICIES, st.lists(st.integers(1, 2_000), min_size=1, max_size=200))
def test_who_pays_each_debt_is_charged_no_more_than_agreed(
    policy: Policy, costs: list[int]
) -> None:
    now, full_at, charged = 0.0, 0.0, 0
    for cost in costs:
        full_at, debt = charge(full_at, policy, now, cost)
        charged += cost
        now += debt
        assert charged <= policy.quota * (1 + now / policy.window) * (1 + 1e-9)


@given(POLICIES)
def test_a_whole_quota_leaves_no_debt(policy: Policy) -> None:
    _, debt = charge(0.0, policy, 50.0, policy.quota)
    assert debt == pytest.approx(0, abs=1e-9)
