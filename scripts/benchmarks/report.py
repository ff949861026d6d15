"""The report: a table for people, JSON for machines, and what it was measured on."""

import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from contract.release import VERSION
from scripts.benchmarks.figures import Figure, Spread

_HEAD = ("", "ours: median · p95 · p99", "beside it", "ratio (low–high)", "target", "")


def machine() -> dict[str, str]:
    """Describe this machine, as far as it explains the figures."""
    return {
        "cpu": _cpu(),
        "cores": str(os.cpu_count()),
        "memory_gib": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(_row(figure) for figure in figures)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write_json(figures: Sequence[Figure], file: Path, *, quick: bool) -> None:
    """Write all that was measured."""
    report = {
        "version": VERSION,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": machine(),
        "figures": [
            {
                **asdict(figure),
                "met": figure.target.met(figure) if figure.target is not None else None,
            }
            for figure in figures
        ],
    }
    file.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")


def _row(figure: Figure) -> tuple[str, ...]:
    return (
        f"`{figure.name}` {figure.what}",
        _spread(figure.ours, figure.unit),
        f"{figure.yardstick}: {_spread(figure.beside, figure.unit)}" if figure.beside else "",
        f"{figure.ratio.median:.2f} ({figure.ratio.low:.2f}–{figure.ratio.high:.2f})"
        if figure.ratio
        else "",
        str(figure.target) if figure.target else "",
        "" if figure.target is None else "met" if figure.target.met(figure) else "**missed**",
    )


def _spread(spread: Spread, unit: str) -> str:
    if spread.count == 1:
        return f"{_number(spread.median)} {unit}"
    return f"{_number(spread.median)} · {_number(spread.p95)} · {_number(spread.p99)} {unit}"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
