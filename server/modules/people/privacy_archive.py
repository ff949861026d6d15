"""All that is held on a person as a ZIP file: JSON for machines, HTML to read, CSV for sheets."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from html import escape
from tempfile import SpooledTemporaryFile
from typing import IO

import msgspec

from server.kernel.csvfile import write_csv
from server.kernel.i18n import Catalogues
from server.kernel.personal import Dataset

_IN_MEMORY = 4 * 1024 * 1024
_PART = 64 * 1024
_STYLE = (
    "body{font-family:sans-serif;margin:2rem}table{border-collapse:collapse;margin-bottom:2rem}"
    "th,td{border:1px solid #999;padding:.3rem .6rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}"
)


async def pack(
    sets: Sequence[Dataset], name: str, texts: Catalogues, language: str
) -> AsyncIterator[bytes]:
    """Yield the file's parts; it is put together on disk if it is large."""
    file = await asyncio.to_thread(_packed, sets, name, texts, language)
    try:
        while part := await asyncio.to_thread(file.read, _PART):
            yield part
    finally:
        file.close()


def _packed(sets: Sequence[Dataset], name: str, texts: Catalogues, language: str) -> IO[bytes]:
    file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", msgspec.json.format(msgspec.json.encode(sets), indent=2))
        archive.writestr("index.html", _page(sets, name, texts, language))
        for each in sets:
            if each.rows:
                header = list(each.rows[0])
                rows = ([_cell(row.get(column)) for column in header] for row in each.rows)
                archive.writestr(f"{each.name}.csv", write_csv(header, rows))
    file.seek(0)
    return file


def _page(sets: Sequence[Dataset], name: str, texts: Catalogues, language: str) -> str:
    title = escape(texts.text(language, "people-privacy-of", name=name))
    at = datetime.now(UTC).isoformat(timespec="minutes")
    parts = [
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>',
        f"<style>{_STYLE}</style><h1>{title}</h1><p>{at}</p>",
    ]
    for each in sets:
        words = texts.text(language, f"privacy-set-{each.name.replace('.', '-')}")
        parts.append(f"<h2>{escape(words)} ({len(each.rows)})</h2>")
        if each.rows:
            parts.append(_table(each))
    return "\n".join(parts) + "</html>\n"


def _table(each: Dataset) -> str:
    header = list(each.rows[0])
    heads = "".join(f"<th>{escape(column)}</th>" for column in header)
    rows = (
        "<tr>" + "".join(f"<td>{escape(_cell(row.get(c)))}</td>" for c in header) + "</tr>"
        for row in each.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cell(value: object) -> str:
    return "" if value is None else str(value)
