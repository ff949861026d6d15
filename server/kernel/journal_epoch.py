"""Epochs: what happens to positions when the database is restored elsewhere."""

from dataclasses import replace

from contract.ids import new_id
from server.kernel.database import Connection
from server.kernel.sealing import HASHED, read_standing, write_seals

_HERE = """
    select system_identifier,
           ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer
               as timeline
      from pg_control_system()
"""


async def ensure_epoch(connection: Connection) -> bool:
    """Begin a new epoch if the database has moved to another cluster or timeline; say whether."""
    moved = await connection.fetchval(
        f"""
        select (p.system_identifier, p.timeline) <> (here.system_identifier, here.timeline)
          from ({_HERE}) here, journal.epoch p
         order by p.number desc
         limit 1
        """
    )
    if moved:
        await begin_epoch(connection)
    return bool(moved)


async def begin_epoch(connection: Connection) -> None:
    """Begin a new epoch, and seal in it what the copy held unsealed.

    Called by the sealer when it sees that the cluster is another one, and by whoever restores a
    copy of the data folder, which nothing else can tell from the original.

    What was unsealed belongs to the new epoch: the original may have sealed it in another order
    after the copy was taken, and have told those positions to readers. Entries from elsewhere
    come first, in the order of their insertion; then those already written here.
    Raises SealedElsewhere if another sealer was at work meanwhile; nothing is written then.
    """
    async with connection.transaction(isolation="repeatable_read"):
        before = await read_standing(connection)
        here = await connection.fetchrow(
            f"select *, pg_snapshot_xmin(pg_current_snapshot()) as xmin from ({_HERE}) here"
        )
        if here is None:
            raise LookupError("Postgres does not say which cluster it is")
        epoch = new_id()
        await connection.execute(
            """
            insert into journal.epoch (number, id, system_identifier, timeline, first_position)
            values ($1, $2, $3, $4, $5)
            """,
            before.epoch + 1,
            epoch,
            here["system_identifier"],
            here["timeline"],
            before.position + 1,
        )
        rows = await connection.fetch(
            f"""
            select {HASHED}
              from journal.entry e
             where not exists (select from journal.seal s where s.seq = e.seq)
               and (e.origin <> $1 or e.xid < $2)
             order by e.origin = $1, e.origin, e.seq
            """,
            here["system_identifier"],
            here["xmin"],
        )
        after = replace(
            before,
            epoch=before.epoch + 1,
            epoch_id=epoch,
            origin=here["system_identifier"],
            xid=here["xmin"],
        )
        await write_seals(connection, before, after, rows)
