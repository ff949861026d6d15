"""SQL of pairings and of the codes that were typed wrong, one function a statement."""

from datetime import datetime

import asyncpg

from contract.ids import AgentId
from contract.pairing import PairingRequest
from server.kernel.database import Connection
from server.modules.devices.model import Pairing, PairingState, WaitingPairing
from server.modules.devices.rules import CodeLock

_PAIRING = """
    id, secret_hash, agent_key, commitment, server_nonce, ca, hostname, address, state, agent,
    expires_at > now() as alive
"""


def _pairing(row: asyncpg.Record) -> Pairing:
    return Pairing(
        id=row["id"],
        secret_hash=bytes(row["secret_hash"]),
        agent_key=bytes(row["agent_key"]),
        commitment=bytes(row["commitment"]),
        server_nonce=bytes(row["server_nonce"]),
        ca=row["ca"],
        hostname=row["hostname"],
        address=row["address"],
        state=PairingState(row["state"]),
        agent=None if row["agent"] is None else AgentId(row["agent"]),
        alive=row["alive"],
    )


async def lock_asking(connection: Connection) -> None:
    """Let one transaction at a time begin a pairing: it counts those that wait."""
    await connection.execute("select pg_advisory_xact_lock(hashtext('devices.pairing'))")


async def count_waiting(connection: Connection) -> int:
    """Return how many pairings are under way."""
    return int(
        await connection.fetchval(
            "select count(*) from devices.pairing"
            " where state in ('begun', 'waiting') and expires_at > now()"
        )
    )


async def delete_oldest_of(connection: Connection, address: str, keep: int) -> None:
    """Forget an address's pairings under way but the newest few: it has begun anew."""
    await connection.execute(
        """
        delete from devices.pairing where id in (
            select id from devices.pairing
             where address = $1 and state in ('begun', 'waiting')
             order by created_at desc, id desc offset $2)
        """,
        address,
        keep,
    )


async def insert_pairing(
    connection: Connection,
    pairing: str,
    asked: PairingRequest,
    *,
    secret_hash: bytes,
    server_nonce: bytes,
    ca: str,
    address: str,
    expires_at: datetime,
) -> None:
    """Insert a pairing that has begun."""
    await connection.execute(
        """
        insert into devices.pairing
            (id, secret_hash, agent_key, commitment, server_nonce, ca, hostname, version, address,
             expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        pairing,
        secret_hash,
        asked.agent_key,
        asked.commitment,
        server_nonce,
        ca,
        asked.hostname,
        asked.version,
        address,
        expires_at,
    )


async def pairing_by_id(connection: Connection, pairing: str) -> Pairing | None:
    """Return one pairing, held until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_PAIRING} from devices.pairing where id = $1 for no key update", pairing
    )
    return _pairing(row) if row else None


async def pairing_by_code(connection: Connection, code: str) -> Pairing | None:
    """Return the waiting pairing whose kiosk shows this code, held until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_PAIRING} from devices.pairing"
        " where code = $1 and state = 'waiting' and expires_at > now() for no key update",
        code,
    )
    return _pairing(row) if row else None


async def list_waiting(connection: Connection) -> list[WaitingPairing]:
    """Return the pairings that an admin can decide, the oldest first; never their codes."""
    rows = await connection.fetch(
        """
        select id, hostname, version, address, created_at, expires_at from devices.pairing
         where state = 'waiting' and expires_at > now() order by created_at, id
        """
    )
    return [
        WaitingPairing(
            id=row["id"],
            hostname=row["hostname"],
            version=row["version"],
            address=row["address"],
            since=row["created_at"],
            expires_at=row["expires_at"],
        )
        for row in rows
    ]


async def reveal_pairing(connection: Connection, pairing: str, code: str) -> None:
    """Keep the code of a pairing. Raises asyncpg.UniqueViolationError (pairing_code)."""
    await connection.execute(
        "update devices.pairing set state = 'waiting', code = $2 where id = $1", pairing, code
    )


async def settle_pairing(connection: Connection, pairing: str, agent: AgentId | None) -> None:
    """Write what became of a pairing: an agent, or nothing."""
    await connection.execute(
        """
        update devices.pairing
           set state = case when $2::uuid is null then 'refused' else 'approved' end,
               agent = $2, code = null
         where id = $1
        """,
        pairing,
        agent,
    )


async def delete_old_pairings(connection: Connection, hours: int) -> None:
    """Forget what expired so long ago; the journal tells of it still."""
    await connection.execute(
        "delete from devices.pairing where expires_at < now() - make_interval(hours => $1)", hours
    )


async def lock_of_codes(connection: Connection, actor: str) -> CodeLock | None:
    """Return an admin's wrong codes, held until the transaction ends: one attempt at a time."""
    await connection.execute(
        "insert into devices.code_failures (actor, failures, since) values ($1, 0, now())"
        " on conflict do nothing",
        actor,
    )
    row = await connection.fetchrow(
        "select failures, since, until from devices.code_failures where actor = $1 for update",
        actor,
    )
    if row is None or not row["failures"]:
        return None
    return CodeLock(row["failures"], row["since"], row["until"])


async def keep_lock_of_codes(connection: Connection, actor: str, lock: CodeLock) -> None:
    """Keep an admin's wrong codes."""
    await connection.execute(
        "update devices.code_failures set failures = $2, since = $3, until = $4 where actor = $1",
        actor,
        lock.failures,
        lock.since,
        lock.until,
    )


async def forget_lock_of_codes(connection: Connection, actor: str) -> None:
    """A right code: the wrong ones before it count no more."""
    await connection.execute("delete from devices.code_failures where actor = $1", actor)
