"""The journal as a file: CSV for a spreadsheet, or JSON lines for everything else."""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from server.kernel.csvfile import BOM, csv_lines
from server.kernel.database import Connection, Database
from server.kernel.journal import AuditEntry, Journal, Wanted
from server.kernel.naming import Naming, id_of
from server.modules.system import events

PAGE = 500
_HEADINGS = {
    "position": "通し番号",
    "at": "日時 (UTC)",
    "actor": "行った人",
    "actor_name": "行った人の名前",
    "device": "端末",
    "device_name": "端末の名前",
    "address": "アドレス",
    "module": "分野",
    "kind": "種別",
    "subject": "対象",
    "subject_name": "対象の名前",
    "before": "変更前",
    "after": "変更後",
    "body": "内容",
    "hash": "ハッシュ",
}


class Export:
    """Writes the whole of a search, page by page, newest first."""

    def __init__(self, journal: Journal, naming: Naming) -> None:
        self._journal = journal
        self._naming = naming

    async def csv(self, database: Database, wanted: Wanted, language: str) -> AsyncIterator[bytes]:
        """Yield CSV as Excel opens it in Japanese; headings in that language."""
        header = [title if language == "ja" else name for name, title in _HEADINGS.items()]
        before = BOM + csv_lines([header])
        async for entries, names in self._pages(database, wanted):
            yield (before + csv_lines(_cells(entry, names) for entry in entries)).encode()
            before = ""

    async def json_lines(self, database: Database, wanted: Wanted) -> AsyncIterator[bytes]:
        """Yield one JSON object a line: an entry, and in `names` what its ids are called now."""
        encoder = msgspec.json.Encoder()
        async for entries, names in self._pages(database, wanted):
            lines = [
                msgspec.structs.asdict(entry) | {"names": _called(entry, names)}
                for entry in entries
            ]
            if lines:
                yield encoder.encode_lines(lines)

    async def _pages(
        self, database: Database, wanted: Wanted
    ) -> AsyncIterator[tuple[Sequence[AuditEntry], Mapping[str, str]]]:
        before: int | None = None
        while True:
            async with database.connection() as connection:
                found = await self._journal.search(connection, wanted, before=before, limit=PAGE)
                names = await self._naming.of(connection, found.entries)
            yield found.entries, names
            before = found.next
            if before is None:
                return


async def note_export(
    journal: Journal,
    database: Database,
    actor: str,
    address: str,
    form: str,
    filters: Mapping[str, str],
) -> None:
    """Tell the journal who took it out, as what, and how much of it."""
    news = events.ExportNews(dict(filters))

    async def work(connection: Connection) -> None:
        await journal.tell(connection, actor, events.JOURNAL_EXPORTED, form, news, address=address)

    await database.run(work)


class _Changes(msgspec.Struct, frozen=True):
    before: dict[str, object] = {}
    after: dict[str, object] = {}


def _cells(entry: AuditEntry, names: Mapping[str, str]) -> list[str | int | None]:
    try:
        changes = msgspec.json.decode(entry.body, type=_Changes)
    except msgspec.ValidationError:  # a body of another shape
        changes = _Changes()
    return [
        entry.position,
        entry.at.isoformat(),
        entry.actor,
        names.get(id_of(entry.actor)),
        entry.device,
        names.get(entry.device or ""),
        entry.address,
        entry.module,
        entry.kind,
        entry.subject,
        names.get(entry.subject),
        _listed(changes.before),
        _listed(changes.after),
        bytes(entry.body).decode(),
        entry.hash,
    ]


def _listed(fields: Mapping[str, object]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in fields.items())


def _called(entry: AuditEntry, names: Mapping[str, str]) -> dict[str, str]:
    ids = (id_of(entry.actor), entry.device or "", entry.subject)
    return {each: names[each] for each in ids if each in names}
