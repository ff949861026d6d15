"""This domain's entries in the journal."""

import msgspec

from contract.ids import AgentId
from server.kernel.database import Connection
from server.kernel.journal import Journal, NewEntry

MODULE = "devices"


async def tell(
    journal: Journal,
    connection: Connection,
    actor: str,
    kind: str,
    subject: str,
    body: msgspec.Struct,
    device: AgentId | None = None,
) -> None:
    """Write one entry in the caller's transaction."""
    entry = NewEntry(
        actor=actor,
        module=MODULE,
        kind=kind,
        subject=subject,
        body=msgspec.json.encode(body),
        device=device,
    )
    await journal.append(connection, [entry])
