"""Writing checkpoints while the server runs: at the start, every ten minutes, and at the end."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.kernel import checkpoint_files
from server.kernel.checkpoint import (
    KeyChange,
    Line,
    NotALine,
    SignedCheckpoint,
    digest,
    key_of,
    read_line,
    sign_change,
    sign_checkpoint,
    write_line,
)
from server.kernel.checkpoint_files import CopyDiverges, Written
from server.kernel.database import Connection, Database, DatabaseUnavailable
from server.kernel.secrets import Secrets

KEY = "checkpoints"
_NEXT_KEY = "checkpoints-next"  # a rotation that was begun; it is finished at the next line
SECONDS = 600.0
LAST_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Checkpoints:
    """Signs the chain's end into a folder outside the database, and keeps a copy elsewhere.

    `copy` None: no copy; its folder must be there, so that an empty mount point is noticed.
    """

    def __init__(
        self,
        database: Database,
        secrets: Secrets,
        folder: Path,
        copy: Path | None = None,
        *,
        keep_months: int = 120,
        seconds: float = SECONDS,
    ) -> None:
        self._database = database
        self._secrets = secrets
        self.folder = folder
        self.copy = copy
        self._keep_months = keep_months
        self._seconds = seconds
        self.trouble: str = ""  # why the last one was not written or copied: a stable word

    @property
    def folders(self) -> list[Path]:
        """The original and, where there is one, the copy."""
        return [self.folder, *([self.copy] if self.copy and self.copy.is_dir() else [])]

    @property
    def kept_since(self) -> datetime:
        """From when on no checkpoint may have been forgotten."""
        return _month_start(datetime.now(UTC), self._keep_months)

    def newest(self) -> SignedCheckpoint | None:
        """Return the newest checkpoint on disk that can be read. Blocks."""
        try:
            lines = list(checkpoint_files.raw_lines_of_newest(self.folder))
        except OSError:
            return None
        for _, raw in reversed(lines):
            with suppress(NotALine):
                line = read_line(raw)
                if isinstance(line, SignedCheckpoint):
                    return line
        return None

    async def run(self) -> None:
        """Write until cancelled, and once more then; waits out outages of Postgres."""
        try:
            while True:
                try:
                    await self.write()
                except DatabaseUnavailable as error:
                    _log.warning("no checkpoint while the database is away: %s", error)
                await asyncio.sleep(self._seconds)
        finally:
            try:
                async with asyncio.timeout(LAST_SECONDS):
                    await self.write()
            except (DatabaseUnavailable, TimeoutError, OSError) as error:
                _log.warning("no last checkpoint: %s", error)

    async def write(self) -> SignedCheckpoint | None:
        """Write a checkpoint if the journal has moved since the last one; return it.

        Raises DatabaseUnavailable, SecretError, OSError where the folder cannot be written.
        """
        async with self._database.connection() as connection:
            end = await _chain_end(connection)
            known = await connection.fetchval("select number from journal.checkpoint")
        written = await asyncio.to_thread(self._append_checkpoint, end, known or 0)
        self.trouble = await asyncio.to_thread(self._copy)
        if written is None:
            return None
        await self._remember(written)
        assert isinstance(written.line, SignedCheckpoint)
        return written.line

    def _append_checkpoint(self, end: SignedCheckpoint, known: int) -> Written | None:
        """Sign the end unless the last line has it already. Blocks."""
        with checkpoint_files.locked(self.folder):
            last = _last_line(self.folder)
            key = self._key(last)
            if last is not None and _says(last.line, end):
                # Nobody may have told the database: the server ended just then.
                return last if last.line.number > known else None
            number, previous = _after(last, known)
            line = msgspec.structs.replace(end, number=number, at=_now(), previous=previous)
            signed = sign_checkpoint(line, key)
            raw = write_line(signed)
            checkpoint_files.append(self.folder, raw, signed.at)
            month = self.kept_since.strftime("%Y-%m")
            checkpoint_files.forget(self.folder, month)
            return Written(signed, raw)

    def _copy(self) -> str:
        if self.copy is None:
            return ""
        if not self.copy.is_dir():
            return "copy_missing"
        try:
            with checkpoint_files.locked(self.folder):
                checkpoint_files.copy_missing(self.folder, self.copy)
        except CopyDiverges:
            _log.error("the copy of the checkpoints differs from the original")
            return "copy_differs"
        except OSError as error:
            _log.warning("the checkpoints cannot be copied: %s", error)
            return "copy_unwritable"
        return ""

    async def _remember(self, written: Written) -> None:
        async def work(connection: Connection) -> None:
            await remember(connection, written)

        await self._database.run(work)

    async def rotate_key(self) -> KeyChange:
        """Sign with a fresh key from now on; both keys sign that, so that old lines stay proven."""
        async with self._database.connection() as connection:
            known = await connection.fetchval("select number from journal.checkpoint")
        written = await asyncio.to_thread(self._append_change, known or 0)
        await self._remember(written)
        self.trouble = await asyncio.to_thread(self._copy)
        assert isinstance(written.line, KeyChange)
        return written.line

    def _append_change(self, known: int) -> Written:
        with checkpoint_files.locked(self.folder):
            last = _last_line(self.folder)
            former, fresh = self._key(last), self._secrets.ed25519(_NEXT_KEY)
            number, previous = _after(last, known)
            line = KeyChange(number=number, at=_now(), former="", key="", previous=previous)
            signed = sign_change(line, former, fresh)
            raw = write_line(signed)
            checkpoint_files.append(self.folder, raw, signed.at)
            self._secrets.promote(_NEXT_KEY, KEY)
            return Written(signed, raw)

    def _key(self, last: Written | None) -> Ed25519PrivateKey:
        """Return the key in force, and finish a rotation whose line was the last thing written."""
        if _NEXT_KEY in self._secrets.names() and last is not None:
            begun = last.line.key if isinstance(last.line, KeyChange) else ""
            if key_of(self._secrets.ed25519(_NEXT_KEY)) == begun:
                self._secrets.promote(_NEXT_KEY, KEY)
        return self._secrets.ed25519(KEY)


async def remember(connection: Connection, written: Written) -> None:
    """Let the database know the newest line, in the caller's transaction."""
    await connection.execute(
        """
        insert into journal.checkpoint as c (number, line) values ($1, $2)
            on conflict (only_row) do update set number = excluded.number, line = excluded.line
         where excluded.number > c.number
        """,
        written.line.number,
        bytes.fromhex(digest(written.raw)),
    )


async def _chain_end(connection: Connection) -> SignedCheckpoint:
    row = await connection.fetchrow(
        """
        select p.id as epoch, s.position, encode(s.hash, 'hex') as hash,
               coalesce((select id::text from kernel.site), '') as site
          from journal.sealed s join journal.epoch p on p.number = s.epoch
        """
    )
    if row is None:
        raise asyncpg.InternalServerError("journal.sealed has lost its row")
    return SignedCheckpoint(number=0, at="", previous="", key="", **row)


def _says(line: Line, end: SignedCheckpoint) -> bool:
    return isinstance(line, SignedCheckpoint) and (line.epoch, line.position, line.hash) == (
        end.epoch,
        end.position,
        end.hash,
    )


def _last_line(folder: Path) -> Written | None:
    """Return the last line; one that was tampered with is left for verification to tell."""
    try:
        return checkpoint_files.last_line(folder)
    except NotALine:
        _log.error("the last checkpoint was tampered with: the next one follows no line")
        return None


def _after(last: Written | None, known: int) -> tuple[int, str]:
    """Return number and `previous` of the next line; a lost folder goes on after what was known."""
    if last is None:
        return known + 1, ""
    return last.line.number + 1, digest(last.raw)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _month_start(now: datetime, months_ago: int) -> datetime:
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months_ago):
        month = (month - timedelta(days=1)).replace(day=1)
    return month
