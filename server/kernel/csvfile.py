"""CSV as offices here exchange it: written for Excel, read in UTF-8 or Shift_JIS."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from server.kernel.problems import FieldError, Invalid

BOM = "\ufeff"
MAX_ROWS = 20_000
MAX_BYTES = 8 * 1024 * 1024
# A cell that begins with one of these is a formula to Excel (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did, or (`dry_run`) would do. With an error nothing is written."""

    rows: int
    created: int
    changed: int
    unchanged: int
    errors: tuple[FieldError, ...]
    dry_run: bool


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> bytes:
    """Return CSV that Excel opens in Japanese: UTF-8 with BOM, CRLF, formulas defused."""
    return (BOM + csv_lines([header]) + csv_lines(rows)).encode()


def csv_lines(rows: Iterable[Sequence[str | int | None]]) -> str:
    """Return rows of CSV: CRLF, formulas defused. The file begins with BOM and a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_defuse(cell) for cell in row])
    return out.getvalue()


def read_csv(raw: bytes, columns: Mapping[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Return (line, values by field) of each row; `columns` maps accepted headings to fields.

    Raises Invalid for an unreadable encoding, an unknown or missing heading, or too many rows.
    An empty cell is left out of the values: it changes nothing.
    """
    reader = csv.reader(io.StringIO(_decode(raw)), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        unknown = [cell for cell in header if cell not in columns]
        if unknown or not header:
            raise Invalid(
                expected=", ".join(columns),
                errors=[FieldError(cell or "-", "unknown_column", 1) for cell in unknown],
            )
        fields = [columns[cell] for cell in header]
        if len(set(fields)) != len(fields):
            raise Invalid(errors=[FieldError("-", "column_twice", 1)])
        rows: list[tuple[int, dict[str, str]]] = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) == MAX_ROWS:
                raise Invalid(errors=[FieldError("-", "too_many_rows", reader.line_num)])
            if len(cells) > len(fields):
                raise Invalid(errors=[FieldError("-", "too_many_cells", reader.line_num)])
            values = {
                name: _undo_defuse(cell.strip())
                for name, cell in zip(fields, cells, strict=False)
                if cell.strip()
            }
            rows.append((reader.line_num, values))
    except csv.Error as error:
        raise Invalid(errors=[FieldError("-", f"not_csv: {error}", reader.line_num)]) from error
    return rows


def cell_error(error: msgspec.ValidationError, line: int) -> FieldError:
    """Return which cell is wrong and why, from msgspec's words."""
    what, _, where = str(error).partition(" - at `$.")
    field = where.rstrip("`") or what.partition("`")[2].partition("`")[0]
    return FieldError(field, what, line)


def _decode(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(expected="UTF-8 / Shift_JIS", errors=[FieldError("-", "encoding")])


def _defuse(cell: str | int | None) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _undo_defuse(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text
