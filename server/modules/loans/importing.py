"""Import of items from CSV and export of items and loans."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from server.kernel.csvfile import ImportReport, cell_error, read_csv, write_csv
from server.kernel.database import Connection
from server.kernel.problems import FieldError
from server.modules.loans import store
from server.modules.loans.model import Item, ItemChange, ItemDraft, Loan
from server.modules.loans.service import Loans, differences

_HEADINGS = {
    "code": ("code", "管理番号"),
    "name": ("name", "名称"),
    "category": ("category", "分類"),
    "place": ("place", "保管場所"),
    "status": ("status", "状態"),
    "notes": ("notes", "備考"),
}
COLUMNS = {heading: name for name, headings in _HEADINGS.items() for heading in headings}
_LOAN_HEADINGS = {
    "en": (
        "item code",
        "item",
        "employee code",
        "person",
        "state",
        "borrowed",
        "due",
        "returned",
        "lent at",
        "returned at",
        "cancelled because",
    ),
    "ja": (
        "管理番号",
        "名称",
        "社員番号",
        "氏名",
        "状態",
        "貸出日時",
        "返却期限",
        "返却日時",
        "貸出端末",
        "返却端末",
        "取消理由",
    ),
}


async def import_items(
    loans: Loans, connection: Connection, actor: str, raw: bytes, *, dry_run: bool
) -> ImportReport:
    """Create or change items by code; an item that is not in the file stays.

    A status never touches a loan: an item that is out stays out. Raises Invalid for a file that
    cannot be read as this CSV at all.
    """
    rows = read_csv(raw, COLUMNS)
    known = await store.items_by_code(connection, [v.get("code", "") for _, v in rows])
    categories = {c.name: c.id for c in await store.list_categories(connection)}
    errors: list[FieldError] = []
    drafts: list[ItemDraft] = []
    changes: list[tuple[Item, ItemChange]] = []
    seen: set[str] = set()
    for line, values in rows:
        code = values.get("code", "")
        if not code or code in seen:
            errors.append(FieldError("code", "twice_in_file" if code else "missing", line))
            continue
        seen.add(code)
        if (name := values.get("category")) is not None:
            if name not in categories:
                errors.append(FieldError("category", "unknown_category", line))
                continue
            values["category"] = categories[name]
        try:
            if (item := known.get(code)) is not None:
                changes.append((item, msgspec.convert(values, ItemChange)))
            else:
                drafts.append(msgspec.convert(values, ItemDraft))
        except msgspec.ValidationError as error:
            errors.append(cell_error(error, line))
    matched = len(changes)
    changes = [(item, change) for item, change in changes if differences(item, change)[1]]
    if not errors and not dry_run:
        for draft in drafts:
            await loans.create_item(connection, actor, draft)
        for item, change in changes:
            await loans.apply_change(connection, actor, item, change)
    return ImportReport(
        rows=len(rows),
        created=len(drafts),
        changed=len(changes),
        unchanged=matched - len(changes),
        errors=tuple(errors),
        dry_run=dry_run,
    )


def export_items(items: Sequence[Item], language: str) -> bytes:
    """Return the items as CSV that `import_items` takes back."""
    header = [headings[language == "ja"] for headings in _HEADINGS.values()]
    return write_csv(
        header,
        ((i.code, i.name, i.category_name, i.place, i.status.value, i.notes) for i in items),
    )


def export_loans(loans: Sequence[Loan], language: str, zone: str) -> bytes:
    """Return the loans as CSV, times in the site's zone."""
    local = ZoneInfo(zone)

    def clock(at: datetime | None) -> str:
        return at.astimezone(local).strftime("%Y-%m-%d %H:%M:%S") if at else ""

    return write_csv(
        _LOAN_HEADINGS.get(language, _LOAN_HEADINGS["ja"]),
        (
            (
                loan.item_code,
                loan.item_name,
                loan.person_code,
                loan.person_name,
                loan.state.value,
                clock(loan.borrowed_at),
                clock(loan.due_at),
                clock(loan.returned_at),
                loan.lent_by,
                loan.returned_by,
                loan.cancel_reason,
            )
            for loan in loans
        ),
    )
