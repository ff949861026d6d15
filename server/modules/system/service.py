"""Commands of this domain."""

from datetime import UTC, datetime, timedelta

from server.kernel.auth import EVERYTHING, create_token
from server.kernel.database import Connection
from server.kernel.journal import Journal, NewEntry
from server.modules.system import events

MODULE = "system"


class System:
    """Tokens. Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def note_rotation(self, connection: Connection, actor: str, name: str) -> None:
        """Tell the journal that a secret of this name was replaced."""
        entry = NewEntry(
            actor=actor, module=MODULE, kind=events.SECRET_ROTATED, subject=name, body=b"{}"
        )
        await self._journal.append(connection, [entry])

    async def create_token(
        self, connection: Connection, actor: str, name: str, *, days: int | None
    ) -> str:
        """Make a token that may do everything; it can only be read now. None: for ever."""
        expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        permissions = frozenset({EVERYTHING})
        token = await create_token(connection, name, permissions, expires_at, actor)
        news = events.TokenNews(
            sorted(permissions), "" if expires_at is None else expires_at.isoformat()
        )
        await self._journal.tell(connection, actor, events.TOKEN_CREATED, name, news)
        return token
