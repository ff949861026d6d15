"""Random tampering with a sealed journal, as somebody who owns the database would do it."""

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

from server.kernel.chain import link
from server.kernel.checkpoint import digest
from server.kernel.database import Connection
from server.kernel.sealing import HASHED, sealable

_CHANGES = {
    "at": "at + make_interval(secs => {n})",
    "seq": "seq + 1000000 + {n}",
    "origin": "origin + {n}",
    "xid": "(xid::text::bigint + 1000000 + {n})::text::xid8",
    "id": "gen_random_uuid()",
    "actor": "actor || '{n}'",
    "device": "case when device is null then '{n}' end",
    "address": "case when address is null then '10.0.0.{n}' end",
    "module": "module || '{n}'",
    "kind": "kind || '{n}'",
    "subject": "subject || '{n}'",
    "body": "(body::text || ' ')::json",
}
_SEAL_CHANGES = {
    "position": "position + 1000000 + {n}",
    "epoch": "epoch + {n}",
    "at": "at - make_interval(secs => {n})",
    "seq": "seq + 1000000 + {n}",
    "hash": "sha256('{n}')",
    "form": "3 - form",
}
Tamper = Callable[["Intruder"], Awaitable[str]]


class Intruder:
    """Does one thing, drawn by chance, to the database or to a copy of the checkpoint files."""

    def __init__(
        self, connection: Connection, chance: random.Random, files: Path, length: int
    ) -> None:
        self._connection = connection
        self._chance = chance
        self._files = files
        self._length = length

    async def act(self) -> str:
        """Tamper, and say with what."""
        return await self._chance.choice(_TAMPERINGS)(self)

    def _position(self) -> int:
        return self._chance.randint(1, self._length)

    def _of(self, position: int) -> str:
        return f"(at, seq) = (select at, seq from journal.seal where position = {position})"

    async def edit_an_entry(self) -> str:
        column, change = self._chance.choice(list(_CHANGES.items()))
        where, number = self._position(), self._chance.randint(1, 99)
        change = change.format(n=number)
        await self._connection.execute(
            f"update journal.entry set {column} = {change} where {self._of(where)}"
        )
        return f"{column} of entry {where} = {change}"

    async def edit_a_seal(self) -> str:
        column, change = self._chance.choice(list(_SEAL_CHANGES.items()))
        where, change = self._position(), change.format(n=self._chance.randint(1, 99))
        await self._connection.execute(
            f"update journal.seal set {column} = {change} where position = {where}"
        )
        return f"{column} of seal {where} = {change}"

    async def delete_some(self) -> str:
        first, count = self._position(), self._chance.randint(1, 5)
        seals = self._chance.random() < 0.5
        await self._connection.execute(
            "delete from journal.entry e using journal.seal s where s.at = e.at and s.seq = e.seq"
            f" and s.position >= {first} and s.position < {first + count}"
        )
        if seals:
            await self._connection.execute(
                f"delete from journal.seal where position >= {first} and position < {first + count}"
            )
        return f"deleted {count} from {first}, seals {seals}"

    async def insert_one(self) -> str:
        like = self._position()
        same_seq = self._chance.random() < 0.3
        await self._connection.execute(
            f"""
            insert into journal.entry (at, seq, origin, xid, id, actor, device, module, kind,
                                       subject, body)
            select at + interval '1 microsecond', {"seq" if same_seq else "-seq"}, origin, xid,
                   gen_random_uuid(), actor, device, module, kind, 'forged', body
              from journal.entry where {self._of(like)}
            """
        )
        return f"inserted one like {like}, same seq {same_seq}"

    async def insert_with_seal(self) -> str:
        like = self._position()
        await self.insert_one()
        await self._connection.execute(
            f"""
            insert into journal.seal (position, epoch, at, seq, hash, form)
            select {self._length + 1}, 1, at, seq, sha256('forged'), 2
              from journal.entry where subject = 'forged' and seq < 0
            union all
            select {self._length + 2}, epoch, at, -seq - 5000000, hash, form
              from journal.seal where position = {like}
            """
        )
        return f"appended a forged seal, like {like}"

    async def edit_a_redaction(self) -> str:
        """Let the index of redactions forget, or point elsewhere."""
        change = self._chance.choice(
            [
                "delete from journal.redaction where position = {p}",
                "update journal.redaction set seq = seq - 1 where position = {p}",
                "update journal.redaction set at = at - interval '1 s' where position = {p}",
                "update journal.redaction set position = position + 1 where position = {p}",
            ]
        )
        position = await self._connection.fetchval(
            "select position from journal.redaction order by position offset $1 limit 1",
            self._chance.randrange(2),
        )
        await self._connection.execute(change.format(p=position))
        return change.format(p=position)

    async def swap_two(self) -> str:
        one = self._position()
        other = one % self._length + 1
        whole = self._chance.random() < 0.5
        column = "seq" if whole else "hash"
        await self._connection.execute(
            f"""
            create temporary table swap on commit drop as
                select position, at, seq, hash from journal.seal where position in ({one}, {other})
            """
        )
        await self._connection.execute(
            f"update journal.seal set seq = -seq where position in ({one}, {other})"
        )
        await self._connection.execute(
            f"""
            update journal.seal s
               set at = w.at, seq = case when '{column}' = 'seq' then w.seq else o.seq end,
                   hash = case when '{column}' = 'hash' then w.hash else o.hash end
              from swap w, swap o
             where o.position = s.position and w.position <> s.position
               and s.position in ({one}, {other})
            """
        )
        return f"swapped {column} of {one} and {other}"

    async def truncate(self) -> str:
        """Cut off the end and have everything in the database agree."""
        keep = self._chance.randint(0, self._length - 1)
        await self._cut(keep)
        return f"truncated to {keep}"

    async def rewrite(self) -> str:
        """Edit an entry and compute all later hashes anew."""
        position = self._position()
        await self._connection.execute(
            f"update journal.entry set actor = 'forger' where {self._of(position)}"
        )
        await self._rehash(position)
        return f"rewrote history from {position}"

    async def edit_a_checkpoint(self) -> str:
        path = self._files / self._chance.choice(["", "copy"])
        path = self._chance.choice(sorted(path.glob("*.jsonl")))
        raw = bytearray(path.read_bytes())
        place = self._chance.randrange(len(raw) - 1)
        raw[place] ^= 1 << self._chance.randrange(5)
        path.write_bytes(raw)
        return f"changed byte {place} of {path.name}"

    async def drop_checkpoints(self) -> str:
        """Cut the file's end, or take a line out of its middle."""
        path = self._chance.choice(sorted(self._files.glob("*.jsonl")))
        lines = path.read_bytes().splitlines(keepends=True)
        first = self._chance.randrange(len(lines))
        last = len(lines) if self._chance.random() < 0.5 else first + 1
        path.write_bytes(b"".join(lines[:first] + lines[last:]))
        return f"dropped lines {first + 1} to {last} of {len(lines)}"

    async def cut_both(self) -> str:
        """Cut the journal and its checkpoints together, and have the database agree."""
        path = self._chance.choice(sorted(self._files.glob("*.jsonl")))
        lines = path.read_bytes().splitlines(keepends=True)
        kept = self._chance.randint(1, len(lines) - 1)
        path.write_bytes(b"".join(lines[:kept]))
        await self._connection.execute(
            "update journal.checkpoint set number = $1, line = $2",
            kept,
            bytes.fromhex(digest(lines[kept - 1])),
        )
        keep = self._length * kept // len(lines)
        await self._cut(keep)
        return f"cut to {keep} with {kept} checkpoints"

    async def forget_checkpoints(self) -> str:
        """Let the database forget its checkpoints, with the files gone."""
        for path in self._files.glob("*.jsonl"):
            path.unlink()
        return "removed all checkpoints"

    async def _cut(self, keep: int) -> None:
        await self._connection.execute(
            "delete from journal.entry e using journal.seal s where s.at = e.at and s.seq = e.seq"
            f" and s.position > {keep}"
        )
        await self._connection.execute(f"delete from journal.seal where position > {keep}")
        await self._connection.execute(
            f"""
            update journal.sealed
               set position = {keep},
                   hash = coalesce((select hash from journal.seal where position = {keep}),
                                   (select sha256(convert_to(id::text, 'UTF8'))
                                      from journal.epoch where number = 1))
            """
        )

    async def _rehash(self, first: int) -> None:
        previous = await self._connection.fetchval(
            "select coalesce((select hash from journal.seal where position = $1),"
            " (select sha256(convert_to(id::text, 'UTF8')) from journal.epoch where number = 1))",
            first - 1,
        )
        for row in await self._connection.fetch(
            f"""
            select s.position, s.form, p.id as epoch, {HASHED}
              from journal.seal s join journal.epoch p on p.number = s.epoch
              join journal.entry e on e.at = s.at and e.seq = s.seq
             where s.position >= $1 order by s.position
            """,
            first,
        ):
            entry = sealable(row["position"], row["epoch"], row, row["form"])
            previous = link(previous, entry)
            await self._connection.execute(
                "update journal.seal set hash = $2 where position = $1", row["position"], previous
            )
        await self._connection.execute("update journal.sealed set hash = $1", previous)


_TAMPERINGS: tuple[Tamper, ...] = (
    Intruder.edit_an_entry,
    Intruder.edit_an_entry,
    Intruder.edit_a_seal,
    Intruder.delete_some,
    Intruder.insert_one,
    Intruder.insert_with_seal,
    Intruder.edit_a_redaction,
    Intruder.swap_two,
    Intruder.truncate,
    Intruder.rewrite,
    Intruder.edit_a_checkpoint,
    Intruder.drop_checkpoints,
    Intruder.cut_both,
    Intruder.forget_checkpoints,
)
