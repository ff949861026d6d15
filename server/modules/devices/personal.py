"""What this module holds on a person: rows of agents that nobody could read at first."""

from collections.abc import Sequence

from server.kernel.database import Connection
from server.kernel.journal import Entry
from server.kernel.personal import (
    TELLING,
    Dataset,
    Erasure,
    Kept,
    PersonalData,
    Redacted,
    no_handles,
)
from server.modules.devices import store_privacy


def personal_data() -> PersonalData:
    """Return what this module does about persons."""
    return PersonalData(no_handles, export, keeps, erase, redact)


async def export(connection: Connection, person: str) -> Sequence[Dataset]:
    """Return quarantined rows that name the person."""
    rows = await store_privacy.quarantined(connection, person)
    return [Dataset("devices.quarantine", rows)]


async def keeps(connection: Connection, person: str) -> Sequence[Kept]:
    """Return that rows which still wait may become loans."""
    waiting = await store_privacy.count_waiting(connection, person)
    return [Kept("quarantine", waiting, blocks=True)] if waiting else []


async def erase(connection: Connection, erasure: Erasure) -> None:
    """Forget what settled rows say."""
    telling = sorted(each for each in erasure.handles if len(each) >= TELLING)
    await store_privacy.blank(connection, telling)


def redact(_: Entry, __: Erasure) -> Redacted | None:
    """Return nothing: this module's entries name agents only."""
    return None
