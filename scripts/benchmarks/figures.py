"""A figure: what was measured, beside what, with its spread and its target."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Part = Literal["median", "p95", "p99", "ratio"]


@dataclass(frozen=True, slots=True)
class Spread:
    """How samples of one kind lie; all in the figure's unit."""

    count: int
    low: float
    median: float
    p95: float
    p99: float
    high: float


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach: one part of it, at most or at least so much."""

    part: Part
    at_most: float | None = None
    at_least: float | None = None

    def met(self, figure: "Figure") -> bool:
        """Say whether the figure reaches it."""
        value = figure.value_of(self.part)
        return (self.at_most is None or value <= self.at_most) and (
            self.at_least is None or value >= self.at_least
        )

    def __str__(self) -> str:
        sign, value = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        return f"{self.part} {sign} {value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    `ours` spreads over all samples; `beside` is the same of what one would use instead (named by
    `yardstick`), measured in turns with ours; `ratio` is ours / beside, one sample a round.
    """

    name: str
    what: str
    unit: str
    ours: Spread
    yardstick: str = ""
    beside: Spread | None = None
    ratio: Spread | None = None
    target: Target | None = None
    note: str = ""

    def value_of(self, part: Part) -> float:
        """Return a part of the figure; of a ratio its median over the rounds."""
        match part:
            case "ratio":
                return self.ratio.median if self.ratio is not None else math.nan
            case "median":
                return self.ours.median
            case "p95":
                return self.ours.p95
            case "p99":
                return self.ours.p99


def spread(samples: Iterable[float]) -> Spread:
    """Summarise samples (at least one). Percentiles are nearest-rank: a value that occurred."""
    ordered = sorted(samples)
    return Spread(
        count=len(ordered),
        low=ordered[0],
        median=_rank(ordered, 0.50),
        p95=_rank(ordered, 0.95),
        p99=_rank(ordered, 0.99),
        high=ordered[-1],
    )


def ratio_by_round(ours: Sequence[Sequence[float]], beside: Sequence[Sequence[float]]) -> Spread:
    """Return the spread over the rounds of median(ours) / median(beside)."""
    return spread(
        spread(mine).median / spread(theirs).median
        for mine, theirs in zip(ours, beside, strict=True)
    )


def flat(rounds: Iterable[Iterable[float]]) -> list[float]:
    """Return the samples of all rounds."""
    return [sample for samples in rounds for sample in samples]


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
