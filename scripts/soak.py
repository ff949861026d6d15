"""Rounds of faults against real processes, for as long as wanted, with a report.

Each round is drawn from its seed; a failure prints the one line that plays it again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPO), str(REPO / "tests")]

from scripts import bootstrap  # noqa: E402

ARTIFACTS = REPO / ".artifacts"


def main() -> int:
    """Play rounds and report; returns 0 if none found anything."""
    options = _options()
    try:
        python = bootstrap.ensure_environment(REPO, development=True)
    except bootstrap.BootstrapError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2
    if Path(sys.prefix) != python.parent.parent:
        os.execv(python, [str(python), str(Path(__file__)), *sys.argv[1:]])  # noqa: S606
    if options.worker:
        return _work(options)
    return Soak(options).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description="Kill, cut, fill and confuse a whole site, round after round; audit each.",
    )
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--hours", type=float, help="stop after so long")
    amount.add_argument("--rounds", type=int, default=20, help="stop after so many (20)")
    parser.add_argument("--seed", type=int, help="of the first round; then one more each")
    parser.add_argument("--sites", type=int, default=1, help="whole sites side by side (1)")
    parser.add_argument("--plant", default="", help="break a promise first: must be caught")
    parser.add_argument("--report", type=Path, default=ARTIFACTS / "soak.json")
    parser.add_argument("--verbose", action="store_true", help="print what each round does")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.seed is None:
        options.seed = time.time_ns() // 1_000_000 % 1_000_000_000
    return options


# --- a worker: one site, its rounds one after the other, told as lines of JSON


def _work(options: argparse.Namespace) -> int:
    from faults.harness import machine
    from faults.harness.field import Field
    from support.postgres import a_cluster

    end = time.monotonic() + options.hours * 3600 if options.hours else None
    loop = machine.Loop()
    with ExitStack() as stack:
        stack.callback(loop.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="genba-soak-")))
        postgres = stack.enter_context(a_cluster())
        field = Field.open(folder, postgres, options.seed, options.plant)
        site = loop.run(field.__aenter__())
        try:
            for number in _seeds(options, end):
                played = machine.play(site, loop, number)
                print(json.dumps(asdict(played), ensure_ascii=False), flush=True)
                if played.faults:
                    print(json.dumps({"logs": _logs(folder)}, ensure_ascii=False), flush=True)
                    return 1
        finally:
            loop.run(field.__aexit__(None, None, None))
    return 0


def _seeds(options: argparse.Namespace, end: float | None) -> Iterator[int]:
    number = 0
    while (time.monotonic() < end) if end is not None else (number < options.rounds):
        yield options.seed + number * options.sites
        number += 1


def _logs(folder: Path) -> dict[str, str]:
    return {
        file.name: file.read_text(errors="replace")[-6000:] for file in sorted(folder.glob("*.log"))
    }


# --- the boss: starts the workers, shows progress, writes the report


class Soak:
    """One run."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._rounds: list[dict[str, object]] = []
        self._began = time.monotonic()

    def run(self) -> int:
        """Play all rounds; returns 0 if none found anything."""
        options = self._options
        ARTIFACTS.mkdir(exist_ok=True)
        workers = [self._worker(number) for number in range(options.sites)]
        import selectors

        with selectors.DefaultSelector() as selector:
            for worker in workers:
                assert worker.stdout is not None
                selector.register(worker.stdout, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    line = key.fileobj.readline()  # type: ignore[union-attr]
                    if not line:
                        selector.unregister(key.fileobj)
                    else:
                        self._take(json.loads(line))
        failed = [worker.wait() for worker in workers]
        return self._finish(any(failed))

    def _worker(self, number: int) -> "subprocess.Popen[str]":
        options = self._options
        share = len(range(number, options.rounds, options.sites))
        amount = ["--hours", str(options.hours)] if options.hours else ["--rounds", str(share)]
        command = [
            sys.executable,
            str(Path(__file__)),
            "--worker",
            *amount,
            "--seed",
            str(options.seed + number),
            "--sites",
            str(options.sites),
            "--plant",
            options.plant,
        ]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)

    def _take(self, told: dict[str, object]) -> None:
        if "logs" in told:
            (ARTIFACTS / "soak-logs.json").write_text(
                json.dumps(told, ensure_ascii=False, indent=1)
            )
            return
        self._rounds.append(told)
        taps = sum(int(str(each["confirmed"])) for each in self._rounds)
        faults: list[str] = told["faults"]  # type: ignore[assignment]
        verdict = "well" if not faults else "FAULTS"
        print(
            f"  {time.monotonic() - self._began:6.0f} s  round {len(self._rounds):4}"
            f"  seed {told['seed']}  {told['seconds']:5.1f} s"
            f"  {told['confirmed']:4} confirmed ({taps} in all)  {verdict}",
            flush=True,
        )
        if faults or self._options.verbose:
            for step in told["steps"]:  # type: ignore[attr-defined]
                print(f"            {step}")
            for fault in faults[:20]:
                print(f"          ✗ {fault}")
        if faults:
            plant = f" --plant {self._options.plant}" if self._options.plant else ""
            print(f"          Again: scripts/soak --rounds 1 --seed {told['seed']}{plant}")

    def _finish(self, failed: bool) -> int:
        faults = [fault for each in self._rounds for fault in each["faults"]]  # type: ignore[attr-defined]
        kinds: dict[str, int] = {}
        for each in self._rounds:
            for step in each["steps"]:  # type: ignore[attr-defined]
                kind = _kind(step)
                kinds[kind] = kinds.get(kind, 0) + 1
        report = {
            "rounds": len(self._rounds),
            "confirmed": sum(int(str(each["confirmed"])) for each in self._rounds),
            "seconds": round(time.monotonic() - self._began),
            "faults": faults,
            "first_seed": self._options.seed,
            "plant": self._options.plant,
            "steps": dict(sorted(kinds.items(), key=lambda pair: -pair[1])),
            "each": self._rounds,
        }
        self._options.report.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
        print(
            f"\n{report['rounds']} rounds, {report['confirmed']} confirmed lines,"
            f" {report['seconds']} s: {len(faults)} faults. Report: {self._options.report}"
        )
        if failed and not faults:
            print("soak: a site broke down; see above", file=sys.stderr)
        return 1 if failed or faults else 0


def _kind(step: str) -> str:
    if "batches" in step:
        return "mischief with batches and answers"
    words = [word for word in step.split() if not any(c.isdigit() for c in word)]
    return " ".join(w for w in words if w.strip(":'s") not in ("bench", "door", "dock"))[:40]


if __name__ == "__main__":
    sys.exit(main())
