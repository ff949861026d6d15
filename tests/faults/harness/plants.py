"""Planted bugs: the harness must catch each of them, or it proves nothing.

`python -m faults.harness.plants NAME server serve` runs the product with one promise broken; the
product itself knows nothing of it.
"""

import asyncio
import runpy
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import asyncpg


def without_unique_keys() -> None:
    """Rows are applied as often as they come; `change_database` drops the keys."""
    from server.modules.devices import intake

    async def none(*_: Any) -> dict[Any, Any]:
        return {}

    async def never(*_: Any) -> None:
        return None

    intake._receipts = none
    intake._refuse_old_disk = never


def ack_before_commit() -> None:
    """Rows are answered while their transaction is still on its way."""
    from contract.link import RowAnswer, RowStatus
    from server.modules.devices import intake

    take = intake.Intake.take
    later: set[asyncio.Task[Any]] = set()

    async def hasty(self: Any, agent: Any, epoch: Any, rows: Sequence[Any], clock: Any) -> Any:
        async def after_all() -> None:
            await asyncio.sleep(0.05)
            await take(self, agent, epoch, rows, clock)

        later.add(asyncio.create_task(after_all()))
        good, _ = intake.decode(rows)
        return intake.Batch([RowAnswer(fact.id, RowStatus.APPLIED) for fact, _ in good], ())

    intake.Intake.take = hasty  # type: ignore[method-assign]


def journal_by_position() -> None:
    """The journal is read as `where id > last` would: what commits late is never seen."""
    from server.kernel import sealer, sealing

    class Eager:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

        async def fetchrow(self, query: str, *arguments: Any) -> Any:
            for careful, careless in (
                ("e.xid >= $2", "e.seq > (select coalesce(max(seq), 0) from journal.seal)"),
                ("where xid >= snapshot.xmin", "where $2::xid8 is null"),
            ):
                query = query.replace(careful, careless)
            return await self._connection.fetchrow(query, *arguments)

    careful = sealing.seal_batch

    async def eager(connection: Any, **options: Any) -> Any:
        return await careful(Eager(connection), **options)

    sealer.seal_batch = eager  # type: ignore[attr-defined]


def delete_on_401() -> None:
    """An agent that is refused throws its queue away."""
    from agent import link

    ended = link.LinkEnded.__init__
    outboxes: list[Any] = []
    build = link.Link.__init__

    def keep(self: Any, *arguments: Any, **named: Any) -> None:
        build(self, *arguments, **named)
        outboxes.append(self._outbox)

    def forget(self: Any, reason: str, problem: Any = link.Problem.UNREACHABLE) -> None:
        ended(self, reason, problem)
        if problem is link.Problem.UNAUTHORIZED:
            file = outboxes[0]._file
            outboxes[0]._thread.run(
                lambda: file.delete([(row.seq, row.row.id) for row in file.read(0, 10_000)])
            )

    link.Link.__init__ = keep  # type: ignore[method-assign]
    link.LinkEnded.__init__ = forget  # type: ignore[method-assign]


def synchronous_off() -> None:
    """The queue's commits are not synced."""
    from agent import queue_file

    careful = queue_file._open

    def careless(path: Any) -> Any:
        connection = careful(path)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    queue_file._open = careless
    queue_file._unsynced = lambda _: nullcontext()  # it would set it back


PLANTS: dict[str, Callable[[], None]] = {
    "without-unique-keys": without_unique_keys,
    "ack-before-commit": ack_before_commit,
    "journal-by-position": journal_by_position,
    "delete-on-401": delete_on_401,
    "synchronous-off": synchronous_off,
}


async def change_database(plant: str, dsn: str) -> None:
    """Break what of a plant lies in the database."""
    if plant != "without-unique-keys":
        return
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "alter table devices.receipt drop constraint receipt_pkey;"
            "alter table devices.receipt drop constraint receipt_seq;"
            "alter table loans.loan drop constraint loan_pkey cascade;"
        )
    finally:
        await connection.close()


if __name__ == "__main__":
    name, module, *rest = sys.argv[1:]
    PLANTS[name]()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
