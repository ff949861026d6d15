"""A command of ours as a child process."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 40


class Process:
    """A child process in its own session, with its output in a file."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: dict[str, str],
        log: Path,
        prefix: Sequence[str] = (),
    ):
        self.name = name
        self._prefix = prefix
        self._arguments = arguments
        self._environment = environment
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it (again)."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._prefix,
                sys.executable,
                *self._arguments,
                cwd=REPO,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and wait until it is gone; returns the exit code."""
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        async with asyncio.timeout(WAIT_SECONDS):
            code = await process.wait()
        self._process = None
        return code

    @property
    def pid(self) -> int:
        """Its process id; it must be running."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def explain(self) -> str:
        """Return the end of its output, for a failing test."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"--- {self.name} ({'running' if self.running else 'gone'})\n{text[-4000:]}"
