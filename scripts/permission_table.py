"""Which permission shows and takes which fields, as the Markdown of docs/permissions.md.

PYTHONPATH=. .venv/bin/python scripts/permission_table.py --write
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from server.app import assemble
from server.kernel.auth import FIRST_FACTOR, SIGNED_IN
from server.kernel.database import Database
from server.kernel.http import Nothing, Route
from server.settings import Settings
from server.shipped import catalogues

DOCUMENT = Path(__file__).parents[1] / "docs" / "permissions.md"
MARK = "<!-- What follows is written by scripts/permission_table.py. -->\n"
OPEN = {
    None: "Open to all",
    FIRST_FACTOR: "Whoever has signed in, a second factor still due",
    SIGNED_IN: "Whoever has signed in: their own",
}


def fields(kind: Any) -> Iterator[str]:
    """Return the names of a struct's fields, those of structs inside it with a dot."""
    yield from _fields(msgspec.inspect.type_info(kind), "", frozenset())


def _fields(shape: msgspec.inspect.Type, prefix: str, above: frozenset[type]) -> Iterator[str]:
    match shape:
        case msgspec.inspect.StructType(cls=cls, fields=inside) if cls not in above:
            for field in inside:
                inner = list(_fields(field.type, f"{field.encode_name}.", above | {cls}))
                yield from (prefix + name for name in inner or [field.encode_name])
        case msgspec.inspect.UnionType(types=types):
            for one in types:
                yield from _fields(one, prefix, above)
        case (
            msgspec.inspect.ListType(item_type=item)
            | msgspec.inspect.VarTupleType(item_type=item)
            | msgspec.inspect.DictType(value_type=item)
        ):
            yield from _fields(item, prefix, above)
        case _:
            return


def table(routes: Sequence[Route]) -> str:
    """Return a section for each permission: its operations, what they take, what they show."""
    wanted = sorted({route.permission for route in routes} - set(OPEN))
    lines: list[str] = []
    for permission in [*OPEN, *wanted]:
        lines += ["", f"## {OPEN.get(permission) or f'`{permission}`'}", ""]
        lines += ["| operation | takes | shows |", "|---|---|---|"]
        for route in sorted(routes, key=lambda route: (route.path, route.method)):
            if route.permission == permission:
                takes = _cell(route.body, route.body_media)
                shows = _cell(route.answer, route.answer_media)
                lines.append(f"| `{route.method} {route.path}` | {takes} | {shows} |")
    return "\n".join(lines) + "\n"


def _cell(kind: Any, media: str) -> str:
    if kind in (None, Nothing):
        return ""
    if kind is bytes:
        return f"a document ({media})"
    return ", ".join(f"`{name}`" for name in dict.fromkeys(fields(kind)))


def whole(routes: Sequence[Route]) -> str:
    """Return the document as it should be: its words stay, its tables are made anew."""
    words, mark, _ = DOCUMENT.read_text(encoding="utf-8").partition(MARK)
    return words + mark + table(routes)


async def _routes() -> list[Route]:
    unused = Database("", asyncpg.create_pool())  # never connected to
    parts = assemble(Settings(), unused, await asyncio.to_thread(catalogues))
    return [route for group in parts.routes.values() for route in group]


def main() -> int:
    """Write the document, or say whether it is up to date."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write it, instead of comparing")
    text = whole(asyncio.run(_routes()))
    if options.parse_args().write:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    return int(DOCUMENT.read_text(encoding="utf-8") != text)


if __name__ == "__main__":
    sys.exit(main())
