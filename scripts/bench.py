"""Measure what the docs claim, each figure beside its yardstick, in one run."""

import argparse
import asyncio
import importlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

REPO = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPO), str(REPO / "tests")]

from scripts import bootstrap  # noqa: E402

if TYPE_CHECKING:
    from scripts.benchmarks.figures import Figure

# In this order; each is a file of scripts/benchmarks with an async generator `measure(bench)`.
BENCHMARKS = {
    "machine": "what this machine is worth, to compare it with another",
    "outbox": "one durable write of a tap at the agent, beside a raw sqlite3 insert",
    "taps": "card read to kiosk message, and to painted in Chromium, online and offline",
    "live": "a change to another open screen while 100 taps a second arrive",
    "drain": "10,000 waiting taps of one agent and of ten, beside an asyncpg COPY",
    "lists": "GET list beside a bare aiohttp handler; list, search, history at 1,000,000 loans",
    "sessions": "what knowing who asks adds to a request",
    "fanout": "one event to 1,000 and 10,000 sockets, beside socket.io and a bare loop",
    "resources": "memory, CPU, bytes written, cold start, installed size",
    "profiles": "py-spy profiles of the two hottest paths",
}


def main() -> int:
    """Measure, print the table; returns 0 unless a benchmark failed to run."""
    options = _options()
    try:
        python = bootstrap.ensure_environment(REPO, development=True)
    except bootstrap.BootstrapError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    if Path(sys.prefix) != python.parent.parent:
        os.execv(python, [str(python), str(Path(__file__)), *sys.argv[1:]])  # noqa: S606
    return asyncio.run(_measure(options.only or list(BENCHMARKS), options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure every figure of docs/benchmarks.md. Nothing else should run beside.",
        epilog="\n".join(f"  {name:<10} {what}" for name, what in BENCHMARKS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", action="append", choices=list(BENCHMARKS), metavar="NAME", help="(repeatable)"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a proof")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    return parser.parse_args()


async def _measure(names: Sequence[str], options: argparse.Namespace) -> int:
    from scripts.benchmarks import report
    from scripts.benchmarks.bench import Bench

    figures: list[Figure] = []
    failed: list[str] = []
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"  {time.monotonic() - began:6.0f} s  {text}", flush=True)

    for number, name in enumerate(names, 1):
        print(f"• {name} ({number} of {len(names)}): {BENCHMARKS[name]} …", flush=True)
        # A real disk: /tmp is memory on many machines, and an fsync there costs nothing.
        with tempfile.TemporaryDirectory(prefix="genba-bench-", dir="/var/tmp") as folder:
            try:
                module = importlib.import_module(f"scripts.benchmarks.{name}")
                async for figure in module.measure(Bench(options.quick, Path(folder), say)):
                    figures.append(figure)
                    say(f"{figure.name}: {figure.ours.median:.4g} {figure.unit}")
            except Exception:
                traceback.print_exc()
                failed.append(name)
        if options.json:
            report.write_json(figures, options.json, quick=options.quick)
    print(f"\n{', '.join(f'{k} {v}' for k, v in report.machine().items())}\n")
    print(report.table(figures))
    if options.quick:
        print("\nThese are quick looks; leave --quick out for figures to quote.")
    if failed:
        print(f"\nbench: could not measure {', '.join(failed)}; see above", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
