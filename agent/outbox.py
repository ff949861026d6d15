"""The durable queue of facts: what `append` has returned survives a power cut.

One thread owns the SQLite file, so the event loop never waits for a disk.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.clock import corrected
from agent.disk_thread import DiskThread
from agent.queue_file import QueueFile, Stored
from agent.salvage import StoredRow
from contract.facts import Fact, FactBody
from contract.ids import BootId, EventId, QueueEpoch
from contract.moment import Moment

T = TypeVar("T")

_DISK_FULL = frozenset({sqlite3.SQLITE_FULL})
_encode = msgspec.json.Encoder().encode


class OutboxError(Exception):
    """The queue could not be written or read; nothing was changed."""

    code = "disk_error"


class OutboxFull(OutboxError):
    """No space is left for the queue; nothing was changed. It works again once there is space."""

    code = "disk_full"


class Draft(msgspec.Struct, frozen=True):
    """A fact that is to be written down."""

    id: EventId
    body: FactBody


class QueuedRow(msgspec.Struct, frozen=True):
    """A waiting row as it goes over the link. `body` is raw: a newer release may write more."""

    id: EventId
    seq: int
    at: Moment
    body: msgspec.Raw

    def fact(self) -> Fact | None:
        """Return the row as a Fact, or None where this release does not know its kind."""
        try:
            return Fact(self.id, self.seq, self.at, msgspec.json.decode(self.body, type=FactBody))
        except msgspec.ValidationError:
            return None


@dataclass(slots=True)
class Outbox:
    """Use `Outbox.open`. Methods may be called from the event loop only.

    `grown` is set after each append; whoever sends rows clears it.
    """

    _file: QueueFile
    _thread: DiskThread
    grown: asyncio.Event
    epoch: QueueEpoch
    count: int
    set_aside: int
    offsets: dict[BootId, int]

    @staticmethod
    @asynccontextmanager
    async def open(path: Path) -> AsyncIterator["Outbox"]:
        """Open the queue at `path`; a damaged file is set aside and what can be read is kept.

        Raises OutboxError when the disk refuses, QueueNewer for a newer release's file.
        """
        thread = DiskThread("outbox")
        try:
            try:
                file = await thread.run(lambda: QueueFile(path))
                offsets = await thread.run(file.offsets)
            except (sqlite3.Error, OSError) as exc:
                raise _translated(exc) from exc
            outbox = Outbox(
                file, thread, asyncio.Event(), file.epoch, file.count, file.set_aside, offsets
            )
            try:
                yield outbox
            finally:
                await thread.run(file.close)
        finally:
            thread.close()

    async def append(self, drafts: Sequence[Draft], at: Moment) -> list[Fact]:
        """Write facts in one transaction; they are on disk when this returns.

        Raises OutboxFull or OutboxError, and then none of them is there. A caller that is cancelled
        meanwhile does not know; the rows are then either all there or not at all.
        """
        rows = [_encode(StoredRow(d.id, at, msgspec.Raw(_encode(d.body)))) for d in drafts]
        first = await self._run(lambda: self._file.append(rows))
        self.grown.set()
        return [Fact(d.id, seq, at, d.body) for seq, d in enumerate(drafts, first)]

    async def waiting(self, limit: int, after: int = 0) -> list[QueuedRow]:
        """Return up to `limit` waiting rows above number `after`, in order, clocks corrected."""
        stored = await self._run(lambda: self._file.read(after, limit))
        return [self._queued(entry) for entry in stored]

    async def oldest(self) -> QueuedRow | None:
        """Return the row that has waited longest."""
        rows = await self.waiting(1)
        return rows[0] if rows else None

    async def acknowledge(self, rows: Sequence[QueuedRow | Fact]) -> int:
        """Delete rows that the server has committed; return how many there were."""
        keys = [(row.seq, row.id) for row in rows]
        return await self._run(lambda: self._file.delete(keys))

    async def begin_epoch(self) -> QueueEpoch:
        """Number waiting rows anew from 1 under a new epoch; ids stay."""
        return await self._run(self._file.begin_epoch)

    async def learn_offset(self, boot: BootId, offset_us: int) -> None:
        """Keep what is now known of a boot's clock, for its rows sent later."""
        await self._run(lambda: self._file.learn_offset(boot, offset_us))
        self.offsets[boot] = offset_us

    def _queued(self, entry: Stored) -> QueuedRow:
        at = corrected(entry.row.at, self.offsets.get(entry.row.at.boot))
        return QueuedRow(entry.row.id, entry.seq, at, entry.row.body)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await self._thread.run(work)
        except (sqlite3.Error, OSError) as exc:
            raise _translated(exc) from exc
        finally:
            self.count, self.epoch = self._file.count, self._file.epoch


def _translated(exc: Exception) -> OutboxError:
    code = getattr(exc, "sqlite_errorcode", None)
    return OutboxFull(str(exc)) if code in _DISK_FULL else OutboxError(str(exc))
