"""What the command line does to send the journal elsewhere: its entries as lines, as they come."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from server.commands import CommandFailed, database_of
from server.kernel.database import Database
from server.kernel.journal import Entry, Journal, JournalRewound

_encoder = msgspec.json.Encoder()


async def follow(dsn: str, kept: Path | None) -> int:
    """Write sealed entries to standard output as JSON lines, until it is ended.

    `kept` is a file that says how far it came: the next run goes on from there, so that each entry
    is written at least once. Without it, or after an older copy of the database, all are written.
    """
    async with database_of(dsn) as (database, journal):
        tail = asyncio.create_task(journal.tail.run())
        try:
            async for batch in journal.follow(await _reached(database, journal, kept)):
                await asyncio.to_thread(_write, batch, kept)
        except BrokenPipeError:  # whoever read it has gone
            return 0
        except JournalRewound as error:
            raise CommandFailed(
                "the database was exchanged for an older copy; begin again"
            ) from error
        except OSError as error:
            raise CommandFailed(f"cannot keep the position in {kept}: {error.strerror}") from error
        finally:
            tail.cancel()
    return 0


async def _reached(database: Database, journal: Journal, kept: Path | None) -> int:
    text = await asyncio.to_thread(_read, kept)
    if not text:
        return 0
    epoch, _, position = text.partition(" ")
    if not position.strip().isdecimal():
        raise CommandFailed(f"{kept} holds no position; remove it to begin again")
    async with database.connection() as connection:
        go_on = await journal.continues(connection, epoch, int(position))
    return int(position) if go_on else 0


def _read(kept: Path | None) -> str:
    return kept.read_text(encoding="ascii") if kept and kept.exists() else ""


def _write(batch: Sequence[Entry], kept: Path | None) -> None:
    sys.stdout.buffer.write(_encoder.encode_lines(batch))
    sys.stdout.buffer.flush()
    if kept is not None and batch:
        draft = kept.with_name(f".{kept.name}.new")
        draft.write_text(f"{batch[-1].epoch} {batch[-1].position}\n", encoding="ascii")
        draft.replace(kept)
