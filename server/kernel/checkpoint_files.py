"""Checkpoints on disk: `YYYY-MM.jsonl` in a folder, one line each, synced before it counts.

All functions block. A folder is written by whoever holds its lock, so that several processes of
one server make one chain of lines.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.kernel.checkpoint import Line, NotALine, digest, read_line

_NAME = re.compile(r"^(\d{4}-\d{2})\.jsonl$")


class CopyDiverges(Exception):
    """The copy does not say what the original says: one of them was changed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands, for people: `2026-11.jsonl line 7`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line}"


@dataclass(frozen=True, slots=True)
class Written:
    """A line that is on disk."""

    line: Line
    raw: bytes


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder alone; it is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def files(folder: Path) -> list[Path]:
    """Return the folder's files, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.match(path.name))


def raw_lines(folder: Path) -> Iterator[tuple[Place, bytes]]:
    """Yield every line as it is. What a power cut left of a last line is none, and left out."""
    paths = files(folder)
    for path in paths:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if path == paths[-1] and not raw.endswith(b"\n"):
                    return
                yield Place(path.name, number), raw


def raw_lines_of_newest(folder: Path) -> Iterator[tuple[Place, bytes]]:
    """Yield the lines of the newest file that has any."""
    for path in reversed(files(folder)):
        lines = path.read_bytes().splitlines(keepends=True)
        whole = [raw for raw in lines if raw.endswith(b"\n")]
        if whole:
            yield from ((Place(path.name, n), raw) for n, raw in enumerate(whole, 1))
            return


def last_line(folder: Path) -> Written | None:
    """Return the last whole line. Raises NotALine if that is none of ours."""
    lines = [raw for _, raw in raw_lines_of_newest(folder)]
    return Written(read_line(lines[-1]), lines[-1]) if lines else None


def append(folder: Path, raw: bytes, at: str) -> None:
    """Add a line of this moment (RFC 3339), and return when it is on disk. Hold the lock."""
    existing = files(folder)
    # A clock that was set back must not put a line before older ones.
    name = max(f"{at[:7]}.jsonl", existing[-1].name if existing else "")
    path = folder / name
    fresh = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        _cut_torn_end(file.fileno(), path)
        file.seek(0, os.SEEK_END)
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    if fresh:
        _sync_folder(folder)


def copy_missing(folder: Path, copy: Path) -> int:
    """Bring the copy up to the original; return how many lines it lacked. Hold the lock.

    Raises CopyDiverges if the copy's last line is not the original's of the same number, OSError
    if the copy cannot be written.
    """
    try:
        known = last_line(copy)
    except NotALine as error:
        raise CopyDiverges(str(error)) from error
    reached = known.line.number if known else 0
    missing: list[tuple[bytes, str]] = []
    found = known is None
    for _, raw in raw_lines(folder):
        line = read_line(raw)
        if known is not None and line.number == reached:
            found = raw == known.raw
        elif line.number > reached:
            missing.append((raw, line.at))
    if not found:
        raise CopyDiverges(f"line {reached} differs, or the original lacks it")
    for raw, at in missing:
        append(copy, raw, at)
    return len(missing)


def forget(folder: Path, before_month: str) -> int:
    """Delete the files of months before this one (`2026-11`); return how many. Hold the lock."""
    old = [path for path in files(folder)[:-1] if path.stem < before_month]
    for path in old:
        path.unlink()
    return len(old)


def follows(line: Line, before: bytes | None) -> bool:
    """Say whether the line names the one before it; a first line names none, or a forgotten one."""
    return before is None or line.previous == digest(before)


def _cut_torn_end(descriptor: int, path: Path) -> None:
    """Take away what a power cut left of a line: it never counted."""
    whole = path.read_bytes()
    end = whole.rfind(b"\n") + 1
    if end != len(whole):
        os.ftruncate(descriptor, end)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
