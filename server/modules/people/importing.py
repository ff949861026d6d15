"""Import of persons from CSV: one transaction, a preview, an error per wrong cell."""

from collections.abc import Sequence

import msgspec

from server.kernel.csvfile import ImportReport, cell_error, read_csv, write_csv
from server.kernel.database import Connection
from server.kernel.problems import FieldError
from server.modules.people import store
from server.modules.people.model import Person, PersonChange, PersonDraft
from server.modules.people.service import People, changed_fields

_HEADINGS = {
    "code": ("code", "社員番号"),
    "name": ("name", "氏名"),
    "reading": ("reading", "ふりがな"),
    "department": ("department", "部署"),
    "section": ("section", "課"),
    "status": ("status", "状態"),
    "notes": ("notes", "備考"),
}
COLUMNS = {heading: name for name, headings in _HEADINGS.items() for heading in headings}


async def import_people(
    people: People, connection: Connection, actor: str, raw: bytes, *, dry_run: bool
) -> ImportReport:
    """Create or change persons by code; a person who is not in the file stays.

    Raises Invalid for a file that cannot be read as this CSV at all.
    """
    rows = read_csv(raw, COLUMNS)
    codes = [values.get("code", "") for _, values in rows]
    known = await store.persons_by_code(connection, codes)
    errors: list[FieldError] = []
    drafts: list[PersonDraft] = []
    changes: list[tuple[Person, PersonChange]] = []
    seen: set[str] = set()
    for line, values in rows:
        code = values.get("code", "")
        if not code:
            errors.append(FieldError("code", "missing", line))
            continue
        if code in seen:
            errors.append(FieldError("code", "twice_in_file", line))
            continue
        seen.add(code)
        try:
            if (person := known.get(code)) is not None:
                changes.append((person, msgspec.convert(values, PersonChange)))
            else:
                drafts.append(msgspec.convert(values, PersonDraft))
        except msgspec.ValidationError as error:
            errors.append(cell_error(error, line))
    known_rows = len(changes)
    changes = [(person, change) for person, change in changes if changed_fields(person, change)[2]]
    if not errors and not dry_run:
        for draft in drafts:
            await people.create(connection, actor, draft)
        for person, change in changes:
            await people.apply_change(connection, actor, person, change)
    return ImportReport(
        rows=len(rows),
        created=len(drafts),
        changed=len(changes),
        unchanged=known_rows - len(changes),
        errors=tuple(errors),
        dry_run=dry_run,
    )


def export_people(persons: Sequence[Person], language: str) -> bytes:
    """Return the persons as CSV that `import_people` takes back."""
    header = [headings[language == "ja"] for headings in _HEADINGS.values()]
    return write_csv(header, ([str(getattr(p, name)) for name in _HEADINGS] for p in persons))
