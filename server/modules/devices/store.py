"""SQL of agents, enrolments and the quarantine, one function a statement."""

from datetime import datetime

import asyncpg
import msgspec

from contract.ids import AgentId
from server.kernel.database import Connection
from server.modules.devices.model import Agent, AgentStatus, QuarantinedRow, QuarantineState

_AGENT = """
    id, name, place, enrolled_at, revoked_at, last_seen_at, connected, version, status, row_version,
    public_key
"""
_status = msgspec.json.Decoder(AgentStatus)


def _agent(row: asyncpg.Record) -> Agent:
    return Agent(
        id=AgentId(row["id"]),
        name=row["name"],
        place=row["place"],
        enrolled_at=row["enrolled_at"],
        revoked_at=row["revoked_at"],
        last_seen_at=row["last_seen_at"],
        connected=row["connected"],
        version=row["version"],
        status=_status.decode(row["status"]),
        row_version=row["row_version"],
        public_key=bytes(row["public_key"] or b""),
    )


async def list_agents(connection: Connection) -> list[Agent]:
    """Return all agents: the ones in use first, by name."""
    rows = await connection.fetch(
        f"select {_AGENT} from devices.agent order by revoked_at is not null, name, id"
    )
    return [_agent(row) for row in rows]


async def agent_by_id(connection: Connection, agent: str, *, lock: bool = False) -> Agent | None:
    """Return one agent; `lock` holds it until the transaction ends."""
    row = await connection.fetchrow(
        f"select {_AGENT} from devices.agent where id = $1"
        + (" for no key update" if lock else ""),
        agent,
    )
    return _agent(row) if row else None


async def name_taken(connection: Connection, name: str) -> bool:
    """Say whether an agent in use has this name."""
    return bool(
        await connection.fetchval(
            "select exists (select from devices.agent where name = $1 and revoked_at is null)", name
        )
    )


async def insert_agent(
    connection: Connection, agent: AgentId, name: str, place: str, public_key: bytes
) -> None:
    """Insert an agent. Raises asyncpg.UniqueViolationError (agent_name, agent_public_key)."""
    await connection.execute(
        "insert into devices.agent (id, name, place, public_key) values ($1, $2, $3, $4)",
        agent,
        name,
        place,
        public_key,
    )


async def replace_agent_key(
    connection: Connection, agent: str, name: str, place: str, public_key: bytes
) -> None:
    """Give an agent another key, and put it to use again if it was revoked.

    Raises asyncpg.UniqueViolationError (agent_name, agent_public_key).
    """
    await connection.execute(
        """
        update devices.agent
           set public_key = $4, name = $2, place = $3, revoked_at = null, connected = false,
               row_version = row_version + 1
         where id = $1
        """,
        agent,
        name,
        place,
        public_key,
    )


async def update_agent(connection: Connection, agent: str, name: str, place: str) -> None:
    """Rename an agent and raise its version. Raises asyncpg.UniqueViolationError (agent_name)."""
    await connection.execute(
        "update devices.agent set name = $2, place = $3, row_version = row_version + 1"
        " where id = $1",
        agent,
        name,
        place,
    )


async def revoke_agent(connection: Connection, agent: str) -> None:
    """Mark an agent as revoked: its key is worth nothing from now on."""
    await connection.execute(
        "update devices.agent set revoked_at = now(), connected = false,"
        " row_version = row_version + 1 where id = $1",
        agent,
    )


async def note_status(
    connection: Connection, agent: str, status: AgentStatus, version: str
) -> None:
    """Keep how a linked agent is now. Its row version stays: nobody edited anything."""
    await connection.execute(
        """
        update devices.agent
           set status = $2, version = $3, connected = true, last_seen_at = clock_timestamp()
         where id = $1
        """,
        agent,
        msgspec.json.encode(status).decode(),
        version,
    )


async def note_gone(connection: Connection, agent: str) -> None:
    """Keep that an agent's link ended, and when."""
    await connection.execute(
        "update devices.agent set connected = false, last_seen_at = clock_timestamp()"
        " where id = $1",
        agent,
    )


async def insert_enrolment(
    connection: Connection, token_hash: bytes, name: str, place: str, hours: int
) -> datetime:
    """Insert an enrolment and return when it expires."""
    expires_at: datetime = await connection.fetchval(
        """
        insert into devices.enrolment (token_hash, name, place, expires_at)
        values ($1, $2, $3, now() + make_interval(hours => $4)) returning expires_at
        """,
        token_hash,
        name,
        place,
        hours,
    )
    return expires_at


async def usable_enrolment(connection: Connection, token_hash: bytes) -> tuple[str, str] | None:
    """Return name and place of an enrolment that can be used, held until the transaction ends."""
    row = await connection.fetchrow(
        """
        select name, place from devices.enrolment
         where token_hash = $1 and used_at is null and expires_at > now() for update
        """,
        token_hash,
    )
    return (row["name"], row["place"]) if row else None


async def use_enrolment(connection: Connection, token_hash: bytes, agent: AgentId) -> None:
    """Mark an enrolment as used."""
    await connection.execute(
        "update devices.enrolment set used_at = now(), agent = $2 where token_hash = $1",
        token_hash,
        agent,
    )


async def delete_old_enrolments(connection: Connection, days: int) -> None:
    """Forget the enrolments that expired this many days ago; the journal tells of them still."""
    await connection.execute(
        "delete from devices.enrolment where expires_at < now() - make_interval(days => $1)", days
    )


_QUARANTINED = """
    q.id, q.agent, a.name as agent_name, q.fact, q.received_at, q.reason, q.raw, q.state,
    q.settled_at, q.settled_by
"""


def _quarantined(row: asyncpg.Record) -> QuarantinedRow:
    return QuarantinedRow(
        id=row["id"],
        agent=AgentId(row["agent"]),
        agent_name=row["agent_name"] or "",
        fact=row["fact"],
        received_at=row["received_at"],
        reason=row["reason"],
        raw=bytes(row["raw"]).decode("utf-8", "replace"),
        state=QuarantineState(row["state"]),
        settled_at=row["settled_at"],
        settled_by=row["settled_by"] or "",
    )


async def list_quarantine(
    connection: Connection, *, state: str | None, after: str | None, limit: int
) -> list[QuarantinedRow]:
    """Return quarantined rows, newest first (their ids grow with time)."""
    rows = await connection.fetch(
        f"""
        select {_QUARANTINED} from devices.quarantine q left join devices.agent a on a.id = q.agent
         where ($1::text is null or q.state = $1) and ($2::uuid is null or q.id < $2)
         order by q.id desc limit $3
        """,
        state,
        after,
        limit,
    )
    return [_quarantined(row) for row in rows]


async def quarantined_by_id(connection: Connection, row: str) -> QuarantinedRow | None:
    """Return one quarantined row, held until the transaction ends."""
    found = await connection.fetchrow(
        f"select {_QUARANTINED} from devices.quarantine q"
        " left join devices.agent a on a.id = q.agent where q.id = $1 for update of q",
        row,
    )
    return _quarantined(found) if found else None


async def raw_of(connection: Connection, row: str) -> bytes:
    """Return a quarantined row's bytes as they came."""
    return bytes(await connection.fetchval("select raw from devices.quarantine where id = $1", row))


async def settle_quarantined(
    connection: Connection, row: str, state: QuarantineState, actor: str
) -> None:
    """Write what became of a quarantined row."""
    await connection.execute(
        "update devices.quarantine set state = $2, settled_at = now(), settled_by = $3"
        " where id = $1",
        row,
        state,
        actor,
    )


async def count_waiting(connection: Connection) -> int:
    """Return how many quarantined rows wait for an admin."""
    return int(
        await connection.fetchval("select count(*) from devices.quarantine where state = 'waiting'")
    )


async def silent_agents(connection: Connection, seconds: int) -> dict[str, float]:
    """Return the agents in use that were not heard of for so long, with their seconds."""
    rows = await connection.fetch(
        """
        select name, extract(epoch from now() - coalesce(last_seen_at, enrolled_at))::float8 as age
          from devices.agent
         where revoked_at is null
           and coalesce(last_seen_at, enrolled_at) < now() - make_interval(secs => $1)
         order by name
        """,
        float(seconds),
    )
    return {row["name"]: row["age"] for row in rows}


async def count_online(connection: Connection, seconds: int) -> int:
    """Return how many agents are linked and were heard of within so many seconds."""
    return int(
        await connection.fetchval(
            "select count(*) from devices.agent where connected and revoked_at is null"
            " and last_seen_at > now() - make_interval(secs => $1)",
            float(seconds),
        )
    )


async def queues_with_holes(connection: Connection) -> list[tuple[str, int]]:
    """Return (agent's name, missing rows) of each queue that passed over numbers."""
    rows = await connection.fetch(
        "select a.name, q.holes from devices.queue q join devices.agent a on a.id = q.agent"
        " where q.holes > 0 order by a.name"
    )
    return [(row["name"], row["holes"]) for row in rows]
