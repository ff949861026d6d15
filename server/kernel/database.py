"""The one way to Postgres: a pool, transactions, and retries that cannot apply anything twice."""

import asyncio
import enum
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    _Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:  # asyncpg's classes take no parameters at run time
    Connection = asyncpg.Connection | PoolConnectionProxy
    _Pool = asyncpg.Pool

T = TypeVar("T")

CONNECT_SECONDS = 5.0
ACQUIRE_SECONDS = 10.0
RETRY_FIRST_SECONDS = 0.01
RETRY_LONGEST_SECONDS = 0.5

# A transaction that was begun and forgotten would hold back the journal's sealer, and vacuum.
SESSION_SETTINGS = {
    "application_name": "genba",
    "timezone": "UTC",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",
}

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    # What asyncpg says when the goodbye of a dying backend comes between two statements.
    asyncpg.InternalClientError,
)
_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


class Isolation(enum.StrEnum):
    """How far a transaction is kept apart from its contemporaries."""

    READ_COMMITTED = "read_committed"
    REPEATABLE_READ = "repeatable_read"
    SERIALIZABLE = "serializable"


class DatabaseUnavailable(Exception):
    """Postgres cannot be reached, or went away: nothing was committed."""


class CommitUnknown(DatabaseUnavailable):
    """Postgres went away while COMMIT was under way: the change is there wholly, or not at all."""


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How busy the pool is: connections open, idle and lent, and callers waiting for one."""

    size: int
    idle: int
    in_use: int
    waiting: int


async def prepare(connection: Connection) -> None:
    """Set a fresh connection's codecs: uuid is `str`; json is text, as asyncpg has it."""
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=str, decoder=str, format="text"
    )


@asynccontextmanager
async def connect(dsn: str, *, name: str = "genba") -> AsyncGenerator[Connection, None]:
    """Open a connection outside the pool, for LISTEN, session locks and migrations.

    Raises DatabaseUnavailable when it cannot be opened.
    """
    try:
        connection: Connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_SECONDS,
            server_settings=SESSION_SETTINGS | {"application_name": name},
        )
    except (OSError, TimeoutError, *_LOST) as error:
        raise DatabaseUnavailable(str(error)) from error
    try:
        await prepare(connection)
        yield connection
    except _LOST as error:
        raise DatabaseUnavailable(str(error)) from error
    except (OSError, asyncpg.InterfaceError) as error:
        if _is_closed(connection):
            raise DatabaseUnavailable(str(error)) from error
        raise
    finally:
        # A graceful close would wait for a statement that a dead peer never answers.
        connection.terminate()


class Database:
    """A pool of connections to one database.

    Survives Postgres going away: callers get DatabaseUnavailable until it is back.
    """

    def __init__(self, dsn: str, pool: _Pool) -> None:
        self.dsn = dsn
        self._pool = pool
        self._waiting = 0
        self._random = random.Random()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, *, min_size: int = 1, max_size: int = 8
    ) -> AsyncGenerator[Self, None]:
        """Open the pool and close it at the end. Raises DatabaseUnavailable."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=min_size,
                max_size=max_size,
                timeout=CONNECT_SECONDS,
                init=prepare,
                server_settings=SESSION_SETTINGS,
            )
        except (OSError, TimeoutError, *_LOST) as error:
            raise DatabaseUnavailable(str(error)) from error
        try:
            yield cls(dsn, pool)
        finally:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await pool.close()
            except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
                pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection, None]:
        """Lend a connection for reads; each statement sees its own moment.

        Raises DatabaseUnavailable when none can be had, or when it is lost meanwhile.
        """
        self._waiting += 1
        try:
            lent = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except (OSError, TimeoutError, *_LOST) as error:
            raise DatabaseUnavailable(str(error) or "no connection was free") from error
        finally:
            self._waiting -= 1
        try:
            yield lent
        except Exception as error:
            if _is_lost(error, lent):
                _abandon(lent)
                raise DatabaseUnavailable(str(error)) from error
            raise
        finally:
            await self._pool.release(lent)

    @asynccontextmanager
    async def transaction(
        self, *, isolation: Isolation = Isolation.READ_COMMITTED, readonly: bool = False
    ) -> AsyncGenerator[Connection, None]:
        """Run one transaction: committed at the end, rolled back by any exception.

        Raises DatabaseUnavailable, CommitUnknown; asyncpg's errors of the statements pass through.
        """
        async with self.connection() as connection:
            transaction = connection.transaction(isolation=isolation.value, readonly=readonly)
            await transaction.start()
            try:
                yield connection
            except BaseException:
                await _roll_back(connection, transaction)
                raise
            try:
                await transaction.commit()
            except Exception as error:
                if _is_lost(error, connection):
                    raise CommitUnknown(str(error)) from error
                raise

    async def run(
        self,
        work: Callable[[Connection], Awaitable[T]],
        *,
        isolation: Isolation = Isolation.READ_COMMITTED,
        attempts: int = 8,
    ) -> T:
        """Run `work` in one transaction, and again if Postgres asks for that.

        Tried again after a serialization failure, a deadlock, or a connection lost before COMMIT
        was sent; never after, since the change may be there. So `work` must do nothing but SQL.
        Raises DatabaseUnavailable, CommitUnknown.
        """
        for attempt in range(1, attempts + 1):
            try:
                async with self.transaction(isolation=isolation) as connection:
                    return await work(connection)
            except CommitUnknown:
                raise
            except (DatabaseUnavailable, *_AGAIN):
                if attempt == attempts:
                    raise
            longest = min(RETRY_LONGEST_SECONDS, RETRY_FIRST_SECONDS * 2**attempt)
            await asyncio.sleep(longest * self._random.uniform(0.5, 1.0))
        raise AssertionError("unreachable")

    def use(self) -> PoolUse:
        """Return how busy the pool is now."""
        size, idle = self._pool.get_size(), self._pool.get_idle_size()
        return PoolUse(size=size, idle=idle, in_use=size - idle, waiting=self._waiting)


async def _roll_back(connection: Connection, transaction: Transaction) -> None:
    """Roll back; a connection on which that fails is closed, which rolls back just as well."""
    try:
        if not _is_closed(connection):
            await transaction.rollback()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        _abandon(connection)


def _abandon(connection: Connection) -> None:
    if not _is_closed(connection):
        connection.terminate()


def _is_closed(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken back a connection that closed
        return True


def _is_lost(error: Exception, connection: Connection) -> bool:
    if isinstance(error, _LOST):
        return True
    return isinstance(error, OSError | asyncpg.InterfaceError) and _is_closed(connection)
