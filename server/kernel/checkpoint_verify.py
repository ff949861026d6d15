"""Checking checkpoint files: against themselves, against their copies, against the journal."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from server.kernel.chain import genesis
from server.kernel.checkpoint import (
    KeyChange,
    Line,
    NotALine,
    SignedCheckpoint,
    digest,
    is_signed,
    read_line,
    signer_of,
)
from server.kernel.checkpoint_files import Place, follows, raw_lines
from server.kernel.database import Connection
from server.kernel.journal_faults import FaultKind, Faults

_CHUNK = 500


@dataclass(slots=True)
class FilesReport:
    """How many checkpoints were checked, and the newest of them.

    `abandoned` belong to a history that ended when the database was restored from an older copy.
    """

    checked: int = 0
    abandoned: int = 0
    newest: SignedCheckpoint | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database itself knows of its checkpoints, and when its journal began."""

    number: int
    line: str
    began: datetime


class Trail:
    """One folder's lines in order: each checked as it comes, the good checkpoints handed on."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        self._folder = folder
        self._faults = faults
        self.keys: list[str] = []
        self.first: Line | None = None
        self.last: Line | None = None
        self.digests: dict[int, str] = {}
        self.wanted = 0  # the number whose digest the database knows

    def checkpoints(self) -> Iterator[tuple[Place, SignedCheckpoint]]:
        """Yield what is rightly signed. Blocks."""
        before: bytes | None = None
        for place, raw in raw_lines(self._folder):
            try:
                line = read_line(raw)
            except NotALine:
                self._fault(FaultKind.CHECKPOINT_FORGED, place)
                before = None
                continue
            if not is_signed(line):
                self._fault(FaultKind.CHECKPOINT_FORGED, place, line)
                before = None
                continue
            unbroken = self.last is None or line.number == self.last.number + 1
            if before is not None and not (unbroken and follows(line, before)):
                self._fault(FaultKind.CHECKPOINT_MISSING, place, line)
            self._note_key(line, place)
            self.first = self.first or line
            self.last, before = line, raw
            if line.number == self.wanted:
                self.digests[line.number] = digest(raw)
            if isinstance(line, SignedCheckpoint):
                yield place, line

    def _note_key(self, line: Line, place: Place) -> None:
        if not self.keys:
            self.keys.append(signer_of(line))
        if signer_of(line) != self.keys[-1]:
            self._fault(FaultKind.CHECKPOINT_KEY, place, line)
        if isinstance(line, KeyChange):
            self.keys.append(line.key)

    def _fault(self, kind: FaultKind, place: Place, line: Line | None = None) -> None:
        position = line.position if isinstance(line, SignedCheckpoint) else 0
        self._faults.note(position, kind, where=f"{self._folder.name}/{place}")


async def verify_checkpoints(
    connection: Connection,
    folders: Sequence[Path],
    trusted: str,
    faults: Faults,
    *,
    kept_since: datetime | None = None,
) -> FilesReport:
    """Check each folder's lines, and the journal by them; the first folder is the original.

    `trusted` is the public key (hex) that must be among those that signed; `kept_since`: what is
    older may have been forgotten. Lines of copies must be those of the original.
    """
    known = await _known(connection)
    histories = await _Histories.load(connection)
    report = FilesReport()
    for number, folder in enumerate(folders):
        trail = Trail(folder, faults)
        trail.wanted = known.number
        lines = trail.checkpoints()
        while chunk := await asyncio.to_thread(lambda it=lines: list(islice(it, _CHUNK))):  # type: ignore[misc]
            await histories.compare(connection, folder, chunk, faults, report)
        _check_ends(trail, folder, known, faults, kept_since, original=number == 0)
        if trail.keys and trusted not in trail.keys:
            faults.note(0, FaultKind.CHECKPOINT_KEY, where=folder.name)
    for copy in folders[1:]:
        await asyncio.to_thread(_compare_copies, folders[0], copy, faults)
    return report


def _check_ends(
    trail: Trail,
    folder: Path,
    known: _Known,
    faults: Faults,
    kept_since: datetime | None,
    *,
    original: bool,
) -> None:
    first, last = trail.first, trail.last
    whole = kept_since is None or known.began >= kept_since
    if first is not None and first.number != 1 and whole:
        faults.note(
            0, FaultKind.CHECKPOINT_MISSING, where=f"{folder.name}: 1 to {first.number - 1}"
        )
    if not original:
        return  # a copy on a disk that was away may end before
    if known.number > (last.number if last else 0):
        faults.note(0, FaultKind.CHECKPOINT_MISSING, where=f"{folder.name}: up to {known.number}")
    elif known.number and trail.digests.get(known.number, known.line) != known.line:
        faults.note(0, FaultKind.CHECKPOINT_FORGED, where=f"{folder.name}: {known.number}")


def _compare_copies(original: Path, copy: Path, faults: Faults) -> None:
    """Find lines of the same number that differ; both are in order of their numbers."""
    ours = _numbered(original)
    mine = next(ours, None)
    for place, number, raw in _numbered(copy):
        while mine is not None and mine[1] < number:
            mine = next(ours, None)
        if mine is not None and mine[1] == number and mine[2] != raw:
            faults.note(0, FaultKind.COPIES_DIFFER, where=f"{copy.name}/{place}")


def _numbered(folder: Path) -> Iterator[tuple[Place, int, bytes]]:
    for place, raw in raw_lines(folder):
        try:
            yield place, read_line(raw).number, raw
        except NotALine:  # told already
            continue


@dataclass(frozen=True, slots=True)
class _Epoch:
    first: int
    beyond: int | None
    started: datetime


class _Histories:
    """The epochs that the database holds; a restore ends one and begins the next."""

    def __init__(self, epochs: dict[str, _Epoch], head: int, first: str) -> None:
        self._epochs = epochs
        self._head = head
        self._genesis = genesis(first).hex()

    @classmethod
    async def load(cls, connection: Connection) -> "_Histories":
        """Read the epochs; there is one more for each restore."""
        rows = await connection.fetch(
            "select id, first_position, started_at,"
            " lead(first_position) over (order by number) as beyond"
            " from journal.epoch order by number"
        )
        head = await connection.fetchval("select position from journal.sealed")
        epochs = {
            row["id"]: _Epoch(row["first_position"], row["beyond"], row["started_at"])
            for row in rows
        }
        return cls(epochs, head or 0, rows[0]["id"] if rows else "")

    async def compare(
        self,
        connection: Connection,
        folder: Path,
        chunk: Sequence[tuple[Place, SignedCheckpoint]],
        faults: Faults,
        report: FilesReport,
    ) -> None:
        """Compare checkpoints with the journal's seals."""
        rows = await connection.fetch(
            "select position, encode(hash, 'hex') as hash from journal.seal"
            " where position = any($1)",
            [line.position for _, line in chunk],
        )
        hashes = {row["position"]: row["hash"] for row in rows} | {0: self._genesis}
        for place, line in chunk:
            report.checked += 1
            report.newest = line
            if self._is_abandoned(line):
                report.abandoned += 1
                continue
            where = f"{folder.name}/{place}"
            if line.epoch not in self._epochs or line.position > self._head:
                faults.note(line.position, FaultKind.END_MISSING, where=where)
            elif hashes.get(line.position) != line.hash:
                faults.note(line.position, FaultKind.CHECKPOINT_DIFFERS, where=where)

    def _is_abandoned(self, line: SignedCheckpoint) -> bool:
        """Whether the database went back to before this checkpoint when a later epoch began."""
        epoch = self._epochs.get(line.epoch)
        if epoch is not None:
            return epoch.beyond is not None and line.position >= epoch.beyond
        at = datetime.fromisoformat(line.at)
        return any(each.started > at for each in self._epochs.values())


async def _known(connection: Connection) -> _Known:
    row = await connection.fetchrow(
        """
        select coalesce(c.number, 0) as number, encode(c.line, 'hex') as line, e.started_at
          from journal.epoch e left join journal.checkpoint c on true
         order by e.number limit 1
        """
    )
    if row is None:
        raise LookupError("the journal has lost its epochs")
    return _Known(row["number"], row["line"] or "", row["started_at"])
