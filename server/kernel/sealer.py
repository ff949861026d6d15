"""The sealer: one process at a time gives committed entries their position."""

import asyncio
import logging

from server.kernel.database import Connection, Database, DatabaseUnavailable, connect
from server.kernel.journal import APPENDED
from server.kernel.journal_epoch import ensure_epoch
from server.kernel.sealing import SealedElsewhere, seal_batch

# Any constant, the same in every release ("genbasea").
LOCK = 0x67656E6261736561
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.25
# While an older transaction is still open nobody will wake the sealer when it ends.
BLOCKED_FIRST_SECONDS = 0.002
BLOCKED_LONGEST_SECONDS = 0.1

_log = logging.getLogger(__name__)


class Sealer:
    """Seals while it leads. Leading is a session lock: it falls to another process at once when
    this one, or its connection, goes.
    """

    def __init__(self, database: Database) -> None:
        self._dsn = database.dsn
        self._leading = False

    @property
    def leading(self) -> bool:
        """Whether this process is the one that seals."""
        return self._leading

    async def run(self) -> None:
        """Seal until cancelled; waits out outages of Postgres."""
        while True:
            try:
                async with connect(self._dsn, name="genba sealer") as connection:
                    await self._wait_for_lead(connection)
                    await self._seal(connection)
            except DatabaseUnavailable as error:
                _log.warning("the sealer lost the database: %s", error)
            except SealedElsewhere:
                _log.info("another sealer was at work at the same time")
            finally:
                self._leading = False
            await asyncio.sleep(RETRY_SECONDS)

    async def _wait_for_lead(self, connection: Connection) -> None:
        # Waiting for the lock within Postgres would hold a snapshot, and so hold back vacuum.
        while True:
            if await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
                break
            await asyncio.sleep(POLL_SECONDS)
        self._leading = True
        if await ensure_epoch(connection):
            _log.warning("the database was moved or restored: the journal begins a new epoch")

    async def _seal(self, connection: Connection) -> None:
        wake = asyncio.Event()
        await connection.add_listener(APPENDED, lambda *_: wake.set())
        connection.add_termination_listener(lambda *_: wake.set())
        pause = BLOCKED_FIRST_SECONDS
        while True:
            wake.clear()
            done = await seal_batch(connection)
            if done.more:
                continue
            if done.sealed or not done.blocked:
                pause = BLOCKED_FIRST_SECONDS
            try:
                async with asyncio.timeout(pause if done.blocked else POLL_SECONDS):
                    await wake.wait()
            except TimeoutError:
                if done.blocked:
                    pause = min(2 * pause, BLOCKED_LONGEST_SECONDS)
