"""This domain's entries in the journal."""

import msgspec

from server.kernel.database import Connection
from server.kernel.journal import Journal, NewEntry

MODULE = "accounts"


async def tell(
    journal: Journal,
    connection: Connection,
    actor: str,
    kind: str,
    subject: str,
    body: msgspec.Struct,
) -> None:
    """Write one entry in the caller's transaction."""
    entry = NewEntry(
        actor=actor, module=MODULE, kind=kind, subject=subject, body=msgspec.json.encode(body)
    )
    await journal.append(connection, [entry])
