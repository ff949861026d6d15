"""What a change makes of something, and what the journal says of it. Pure."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import UNSET

Changed = TypeVar("Changed", bound=msgspec.Struct)


def applied(before: Changed, change: msgspec.Struct) -> Changed:
    """Return what it is after a change, whose fields are UNSET where nothing changes."""
    fields = {name: getattr(change, name) for name in change.__struct_fields__}
    return msgspec.structs.replace(
        before, **{name: value for name, value in fields.items() if value is not UNSET}
    )


def differing(
    old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the old and the new words of those fields that differ; both have the same fields."""
    names = [name for name in new if old[name] != new[name]]
    return {name: old[name] for name in names}, {name: new[name] for name in names}
