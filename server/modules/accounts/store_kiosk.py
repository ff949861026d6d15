"""SQL of sign-in at a kiosk, one function a statement."""

from datetime import timedelta

from contract.ids import AgentId
from server.kernel.database import Connection
from server.modules.accounts.model import AccountId, Purpose


async def end_sessions(connection: Connection, agent: AgentId) -> list[AccountId]:
    """End the sessions at this agent's kiosk (index session_by_agent); return whose they were."""
    rows = await connection.fetch(
        "update accounts.session set revoked_at = now() where agent = $1 and revoked_at is null"
        " and ends_at > now() and seen_at > now() - make_interval(secs => idle_seconds)"
        " returning account",
        agent,
    )
    return [AccountId(row["account"]) for row in rows]


async def void_tickets(connection: Connection, agent: AgentId) -> None:
    """Make the agent's unused tickets worthless."""
    await connection.execute(
        "delete from accounts.one_time where purpose = $1 and used_at is null and agent = $2",
        Purpose.KIOSK,
        agent,
    )


async def insert_ticket(
    connection: Connection,
    secret_hash: bytes,
    account: AccountId,
    agent: AgentId,
    lasts: timedelta,
) -> None:
    """Insert a ticket for one session at the agent's kiosk."""
    await connection.execute(
        "insert into accounts.one_time (hash, purpose, account, agent, expires_at)"
        " values ($1, $2, $3, $4, now() + $5)",
        secret_hash,
        Purpose.KIOSK,
        account,
        agent,
        lasts,
    )


async def use_ticket(
    connection: Connection, secret_hash: bytes
) -> tuple[AccountId, AgentId] | None:
    """Use the ticket up; return whose it is and at which kiosk, or None if it is void."""
    row = await connection.fetchrow(
        "update accounts.one_time set used_at = now()"
        " where hash = $1 and purpose = $2 and used_at is null and expires_at > now()"
        " returning account, agent",
        secret_hash,
        Purpose.KIOSK,
    )
    return (AccountId(row["account"]), AgentId(row["agent"])) if row else None
