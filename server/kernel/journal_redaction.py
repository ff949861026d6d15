"""Redaction: the one way in which an entry may lose what names a person.

The entry's own hash stays in the chain, and so do all that follow. A later entry of kind
`system.redacted`, itself in the chain, commits to what is there now; whatever differs from that,
also the old text brought back, is a fault. Why: docs/decisions/0070-checkpoints-and-redaction.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import msgspec

from server.kernel.chain import SealableNow
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.sealing import HASHED, sealable

REDACTED: Final = "system.redacted"
# Entries that one redaction lists, so that an entry stays readable.
LISTED = 500


class RedactedEntry(msgspec.Struct, frozen=True, array_like=True):
    """A position, and the SHA-256 in hex of what stands there now (`content_hash`)."""

    position: int
    content: str


class RedactionNews(msgspec.Struct, frozen=True):
    """Body of system.redacted. Subject: the id of whom it is about; `reason`: a stable word."""

    reason: str
    entries: tuple[RedactedEntry, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a sealed entry says from now on. Who acted, when and what stays; `address` goes."""

    position: int
    subject: str
    body: bytes


_news = msgspec.json.Decoder(RedactionNews)


def content_hash(position: int, epoch: str, row: asyncpg.Record) -> str:
    """Return the SHA-256, in hex, of all that an entry says now; `row` has HASHED."""
    whole = sealable(position, epoch, row)
    assert isinstance(whole, SealableNow)
    encoded = msgspec.json.encode(tuple(whole))
    return hashlib.sha256(b"genba redacted\n" + encoded).hexdigest()


def listed(body: str) -> dict[int, str] | None:
    """Return the content hashes by position that a redaction commits to; None if unreadable."""
    try:
        return {each.position: each.content for each in _news.decode(body).entries}
    except msgspec.DecodeError:
        return None


async def redact(
    connection: Connection,
    journal: Journal,
    actor: str,
    about: str,
    reason: str,
    replacements: Sequence[Replacement],
) -> None:
    """Replace what these sealed entries say, and commit to it, in the caller's transaction.

    `about` is the subject of the redaction's own entries. Raises LookupError for a position that
    is not sealed.
    """
    for start in range(0, len(replacements), LISTED):
        chunk = replacements[start : start + LISTED]
        rows = await _replace(connection, chunk)
        if len(rows) != len(chunk):
            raise LookupError("only sealed entries can be redacted")
        entries = tuple(
            RedactedEntry(row["position"], content_hash(row["position"], row["epoch"], row))
            for row in rows
        )
        await journal.tell(connection, actor, REDACTED, about, RedactionNews(reason, entries))
        await _point(connection, about, [row["position"] for row in rows])


async def _replace(
    connection: Connection, replacements: Sequence[Replacement]
) -> list[asyncpg.Record]:
    await connection.execute("select set_config('genba.redacting', 'on', true)")
    rows = await connection.fetch(
        f"""
        with new as (
            select s.at, s.seq, s.position, p.id as epoch, n.subject, n.body
              from unnest($1::bigint[], $2::text[], $3::text[]) as n (position, subject, body)
              join journal.seal s on s.position = n.position
              join journal.epoch p on p.number = s.epoch
        )
        update journal.entry e set subject = new.subject, body = new.body::json, address = null
          from new
         where e.at = new.at and e.seq = new.seq
        returning new.position, new.epoch, {HASHED}
        """,
        [each.position for each in replacements],
        [each.subject for each in replacements],
        [each.body.decode() for each in replacements],
    )
    await connection.execute("select set_config('genba.redacting', '', true)")
    return sorted(rows, key=lambda row: int(row["position"]))


async def _point(connection: Connection, about: str, positions: Sequence[int]) -> None:
    """Let the index say that the entry just written is the newest redaction of these."""
    await connection.execute(
        """
        insert into journal.redaction (position, at, seq)
        select n.position, e.at, e.seq
          from unnest($3::bigint[]) as n (position),
               (select at, seq from journal.entry where subject = $1 and kind = $2
                 order by seq desc limit 1) e
            on conflict (position) do update set at = excluded.at, seq = excluded.seq
        """,
        about,
        REDACTED,
        positions,
    )
