"""What Linux tells of processes: memory, CPU time, bytes written to disk."""

import contextlib
import os
import signal
from pathlib import Path

from scripts.embedded_postgres import EmbeddedPostgres
from support.process import Process

_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def pid_of(process: Process) -> int:
    """Return the id of a process that runs. Raises LookupError."""
    child = process._process
    if child is None or child.returncode is not None:
        raise LookupError(f"{process.name} does not run")
    return child.pid


def postmaster_of(postgres: EmbeddedPostgres) -> int:
    """Return the id of a cluster's first process. Raises LookupError."""
    process = postgres._process
    if process is None or process.poll() is not None:
        raise LookupError("PostgreSQL does not run")
    return process.pid


def signal_to(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def pss_bytes(pid: int) -> int:
    """Return the resident memory, each shared page divided among those who share it."""
    return _value(f"/proc/{pid}/smaps_rollup", "Pss") * 1024


def rss_bytes(pid: int) -> int:
    """Return the resident memory, shared pages in full."""
    return _value(f"/proc/{pid}/smaps_rollup", "Rss") * 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time used so far, in user and kernel mode, of all threads."""
    # The name, in brackets, may contain spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_SECONDS


def written_bytes(pid: int) -> int:
    """Return the bytes that were sent towards a disk so far (page cache that became dirty)."""
    return _value(f"/proc/{pid}/io", "write_bytes")


def passed_bytes(pid: int) -> int:
    """Return the bytes that were passed to `write` and its kin so far; sockets use `send`.

    Where ext4 keeps large folios (Linux 6.16 on), a page written to a preallocated file counts as
    the whole folio in `written_bytes`: a megabyte for eight kilobytes of Postgres' log.
    """
    return _value(f"/proc/{pid}/io", "wchar")


def _value(file: str, name: str) -> int:
    for line in Path(file).read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(f"{file} tells no {name}")
