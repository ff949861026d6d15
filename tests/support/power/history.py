"""Plays recorded operations through a model of the file system, up to a power loss."""

import os
from collections.abc import Iterable
from pathlib import Path
from random import Random

from support.power.contents import File, Write
from support.power.trace import Kind, Record
from support.power.tree import Folder, Link, Step, clear, files, scan, write_out


class History:
    """What happened to a folder since its base copy; see PowerDisk for the rules."""

    def __init__(self, base: Path) -> None:
        self._owner = base.stat()
        self._before = scan(base)
        self._live = self._before.copy()
        self._files = files(self._live)
        self._steps: list[Step] = []
        self._committed = 0  # that many steps are durable
        self._gone: set[str] = set()
        # What each thread's sync covers once it is done: files up to a change, names up to a step.
        self._syncing: dict[int, tuple[list[tuple[File, int]], int]] = {}
        self._direct: dict[int, tuple[Write, int]] = {}

    def play(self, records: Iterable[Record], until: int) -> None:
        """Take the operations that were recorded before `until`."""
        for record in records:
            if record.end <= until:
                self._play(record)

    def write_out(self, into: Path, random: Random) -> None:
        """Write the folder as it may be after a power loss now."""
        ends = (
            self._committed,
            len(self._steps),
            random.randint(self._committed, len(self._steps)),
        )
        steps = random.choice(ends)
        names = self._before.copy()
        for step in self._steps[:steps]:
            step.take(names)
        clear(into)
        write_out(names, into, (self._owner.st_uid, self._owner.st_gid), random, steps)

    def _play(self, record: Record) -> None:
        match record.kind:
            case Kind.OPEN:
                self._open(record.path, record.first, record.second)
            case Kind.WRITE:
                self._write(record)
            case Kind.RESIZE | Kind.ALLOCATE:
                file = self._file(record.path)
                if file is not None and (record.kind is Kind.RESIZE or record.first > file.size):
                    self._resize(file, record.first)
            case Kind.SYNC | Kind.SYNC_ALL:
                self._begin_sync(record)
            case Kind.DONE:
                self._end_sync(record.thread)
            case Kind.MKDIR:
                if self._live.find(record.path) is None:
                    self._step(Step(new=record.path, made=record.second & 0o755))
            case Kind.RENAME:
                if self._live.find(record.path) is not self._live.find(record.other):
                    self._gone.add(record.path)
                    self._step(Step(record.path, record.other))
            case Kind.LINK:
                self._step(Link(record.path, record.other))
            case Kind.UNLINK | Kind.RMDIR:
                self._gone.add(record.path)
                self._step(Step(record.path))

    def _step(self, step: Step) -> None:
        step.take(self._live)
        self._steps.append(step)

    def _file(self, path: str) -> File | None:
        """Return the file, or None where it was unlinked under its writer."""
        found = self._live.find(path)
        if isinstance(found, File):
            return found
        if path in self._gone or path.endswith(" (deleted)"):
            return None
        raise ValueError(f"{path} was written to, but not how it came to be")

    def _open(self, path: str, flags: int, mode: int) -> None:
        found = self._live.find(path)
        if found is None and flags & os.O_CREAT:
            file = File(None, mode & 0o755, created=len(self._steps))
            self._files.append(file)
            self._step(Step(new=path, made=file))
        elif isinstance(found, File) and flags & os.O_TRUNC and found.size > 0:
            self._resize(found, 0)

    def _write(self, record: Record) -> None:
        file = self._file(record.path)
        if file is None:
            return
        change = file.write(record.first, record.data)
        if record.second:
            steps = len(self._steps) if self._needs_journal(file) else 0
            self._direct[record.thread] = (change, steps)

    def _resize(self, file: File, size: int) -> None:
        file.resize(size, len(self._steps))
        self._steps.append(Step())

    def _needs_journal(self, file: File) -> bool:
        """Whether even fdatasync has to commit the journal: the file is new or of a new size."""
        return file.created >= self._committed or file.resized

    def _begin_sync(self, record: Record) -> None:
        if record.kind is Kind.SYNC_ALL:
            covered = [(file, len(file.changes)) for file in self._files]
            self._syncing[record.thread] = (covered, len(self._steps))
            return
        found = self._live.find(record.path)
        if isinstance(found, Folder):
            self._syncing[record.thread] = ([], len(self._steps))
        elif found is not None:
            commits = record.first == 0 or self._needs_journal(found)
            covered = [(found, len(found.changes))]
            self._syncing[record.thread] = (covered, len(self._steps) if commits else 0)

    def _end_sync(self, thread: int) -> None:
        if thread in self._direct:
            change, steps = self._direct.pop(thread)
            change.durable = True
        elif thread in self._syncing:
            covered, steps = self._syncing.pop(thread)
            for file, changes in covered:
                file.synced = max(file.synced, changes)
        else:
            return
        self._committed = max(self._committed, steps)
