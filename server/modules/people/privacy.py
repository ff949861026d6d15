"""Disclosure and erasure of a person, over all modules (docs/privacy.md)."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from server.kernel.database import Connection, Database
from server.kernel.i18n import Catalogues
from server.kernel.journal import Entry, Journal
from server.kernel.journal_redaction import Replacement, redact
from server.kernel.journal_scan import scan
from server.kernel.module import Finding
from server.kernel.naming import id_of
from server.kernel.personal import TELLING, Dataset, Erasure, Kept, PersonalData, Redacted, emptied
from server.kernel.problems import FieldError, Invalid, NotFound, Problem
from server.kernel.retention import forget_answers
from server.modules.people import events, store, store_privacy
from server.modules.people.model import Person
from server.modules.people.privacy_archive import pack
from server.modules.people.service import checked_id

REDACT = "people.redact"
REASON = "erasure"
# Without letters that are read as digits; as codes of people are typed (RFC 8628, 6.1).
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
_SEALED_SECONDS = 60.0
_LOOK_SECONDS = 0.1


class ErasureBlocked(Problem):
    """Something must be settled before the person can be erased; `errors` say what."""

    slug = "erasure-blocked"
    status = 409


class PrivacyView(msgspec.Struct, frozen=True):
    """What is held on a person: rows by dataset; and what stays, or stands in the way."""

    person: Person
    held: dict[str, int]
    keeps: list[Kept]
    blocked: bool


class Erased(msgspec.Struct, frozen=True):
    """What stands for the person from now on."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Privacy:
    """Shows, hands out and erases what all modules hold. `language` is the site's own."""

    journal: Journal
    texts: Catalogues
    parts: Callable[[], Sequence[PersonalData]]
    language: Callable[[], str]
    enqueue: Callable[[Connection, str, bytes], Awaitable[None]]

    async def view(self, connection: Connection, person: str) -> PrivacyView:
        """Return what is held on a person. Raises NotFound."""
        found = await self._person(connection, person)
        held = {each.name: len(each.rows) for each in await self._export(connection, found.id)}
        keeps = await self._keeps(connection, found.id)
        return PrivacyView(found, held, keeps, any(each.blocks for each in keeps))

    async def archive(
        self, database: Database, person: Person, actor: str, address: str, language: str
    ) -> AsyncIterator[bytes]:
        """Yield a ZIP file of all that is held on a person; the journal tells who took it."""

        async def held(connection: Connection) -> tuple[list[Dataset], list[str]]:
            await self._tell(connection, actor, events.PERSON_EXPORTED, person, address)
            sets = await self._export(connection, person.id)
            return sets, await self._handles(connection, person.id)

        sets, handles = await database.run(held)
        texts = [each for each in handles if _telling(each)]
        entries: list[Entry] = []
        async for found in scan(database, texts):
            entries += found
        sets.append(Dataset("people.journal", [_row(entry) for entry in entries]))
        async for part in pack(sets, person.name, self.texts, language):
            yield part

    async def person(self, connection: Connection, person: str) -> Person:
        """Return a person who can be shown. Raises NotFound."""
        return await self._person(connection, person)

    async def erase(self, connection: Connection, actor: str, person: str, typed: str) -> Erased:
        """Forget who a person is, in every module; the journal is redacted right after.

        `typed` is the person's code, so that it is surely the right one. It cannot be undone.
        Raises NotFound, Invalid for another code, ErasureBlocked.
        """
        if not await store_privacy.hold(connection, checked_id(person)):
            raise NotFound()
        found = await self._person(connection, person)
        if typed.strip() != found.code:
            raise Invalid(field="code", errors=[FieldError("code", "code_differs")])
        if blockers := [k for k in await self._keeps(connection, found.id) if k.blocks]:
            errors = [FieldError("person", f"keeps_{each.reason}") for each in blockers]
            raise ErasureBlocked(errors=errors)
        handles = await self._handles(connection, found.id)
        code = "X-" + "".join(secrets.choice(_ALPHABET) for _ in range(7))
        name = self.texts.text(self.language(), "people-erased-name", code=code)
        erasure = Erasure(found.id, frozenset(handles), code, name)
        for part in self.parts():
            await part.erase(connection, erasure)
        await forget_answers(connection, [each for each in handles if _telling(each)])
        await store_privacy.insert_erasure(connection, found.id, handles, code, name, actor)
        after = await self._person(connection, found.id)
        await self._tell(connection, actor, events.PERSON_ERASED, after)
        await self.enqueue(connection, REDACT, found.id.encode())
        return Erased(found.id, code, name)

    async def redact(self, database: Database, payload: bytes) -> None:
        """Take the person out of the journal. A job: repeating it does no harm."""
        person = payload.decode()
        pending = await self._sealed_erasure(database, person)
        if pending is None:
            return
        erasure = Erasure(person, frozenset(pending.handles), pending.code, pending.name)
        async for entries in scan(database, pending.handles):
            changes = [
                Replacement(entry.position, said.subject, said.body)
                for entry in entries
                if (said := self._redacted(entry, erasure))
            ]
            if changes:
                await self._write(database, pending.by, person, changes)

        async def finish(connection: Connection) -> None:
            await store_privacy.finish(connection, person)

        await database.run(finish)

    async def check(self, connection: Connection) -> Finding | None:
        """Find erasures that do not come to their end."""
        count = await store_privacy.unfinished(connection)
        return Finding("error", {"count": count}) if count else None

    # --- inside

    async def _sealed_erasure(
        self, database: Database, person: str
    ) -> store_privacy.Pending | None:
        """Return the erasure once its own entry is sealed: then all older ones are."""
        async with asyncio.timeout(_SEALED_SECONDS):
            while True:
                async with database.connection() as connection:
                    found = await store_privacy.pending(connection, person, events.PERSON_ERASED)
                if found is None or found.entry_seen:
                    return found
                await asyncio.sleep(_LOOK_SECONDS)

    def _redacted(self, entry: Entry, erasure: Erasure) -> Redacted | None:
        for part in self.parts():
            try:
                said = part.redact(entry, erasure)
            except msgspec.DecodeError:  # of a shape that nobody knows any more
                said = emptied(entry)
            if said is not None:
                return said
        if entry.address and id_of(entry.actor) in erasure.handles:
            return Redacted(entry.subject, bytes(entry.body))  # the address goes
        return None

    async def _write(
        self, database: Database, by: str, person: str, changes: Sequence[Replacement]
    ) -> None:
        async def work(connection: Connection) -> None:
            await redact(connection, self.journal, by, person, REASON, changes)

        await database.run(work)

    async def _person(self, connection: Connection, person: str) -> Person:
        found = await store.persons_by_id(connection, [checked_id(person)])
        if not found:
            raise NotFound()
        return found[0]

    async def _export(self, connection: Connection, person: str) -> list[Dataset]:
        return [s for part in self.parts() for s in await part.export(connection, person)]

    async def _keeps(self, connection: Connection, person: str) -> list[Kept]:
        return [k for part in self.parts() for k in await part.keeps(connection, person)]

    async def _handles(self, connection: Connection, person: str) -> list[str]:
        return [h for part in self.parts() for h in await part.handles(connection, person)]

    async def _tell(
        self,
        connection: Connection,
        actor: str,
        kind: str,
        person: Person,
        address: str | None = None,
    ) -> None:
        news = events.PersonNews(person.code, person.name)
        await self.journal.tell(connection, actor, kind, person.id, news, address=address)


def _telling(text: str) -> bool:
    return len(text) >= TELLING


def _row(entry: Entry) -> dict[str, str | int | float | bool | None]:
    return {
        "position": entry.position,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "device": entry.device,
        "address": entry.address,
        "kind": entry.kind,
        "subject": entry.subject,
        "body": bytes(entry.body).decode(),
    }
