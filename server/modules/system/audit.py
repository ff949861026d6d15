"""Verifying the journal: on a clock, or when an admin asks; one at a time, with progress."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from contract.ids import new_id
from server.kernel.checkpoint import key_of
from server.kernel.checkpoint_verify import verify_checkpoints
from server.kernel.checkpointing import KEY, Checkpoints
from server.kernel.database import Connection, Database
from server.kernel.journal_faults import Faults
from server.kernel.journal_verify import verify
from server.kernel.module import Finding
from server.kernel.secrets import SecretError, Secrets
from server.modules.system import store_audit
from server.modules.system.store_audit import FaultView, Verification

VERIFY = "audit.verify"
# Progress is written down at most so often.
NOTE_SECONDS = 1.0
CLOCK = "clock"
STALE_DAYS = 3

_log = logging.getLogger(__name__)


class CheckpointView(msgspec.Struct, frozen=True):
    """The newest checkpoint: when, and what the chain said then."""

    number: int
    at: datetime
    position: int
    hash: str


class AuditState(msgspec.Struct, frozen=True, kw_only=True):
    """How the journal stands: its end, the newest checkpoint, the newest verification.

    `public_key` (Ed25519, hex) is what an auditor checks the checkpoints with; `trouble` says why
    a checkpoint or its copy is missing: copy_missing, copy_differs, copy_unwritable, or nothing.
    """

    position: int
    public_key: str
    copied: bool
    trouble: str
    checkpoint: CheckpointView | None = None
    verification: Verification | None = None
    last_sound_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


@dataclass(frozen=True, slots=True)
class Auditor:
    """Asks for verifications, and does them. `enqueue` queues a job in the caller's transaction."""

    checkpoints: Checkpoints
    secrets: Secrets
    enqueue: Callable[[Connection, str, bytes], Awaitable[None]]

    async def ask(self, connection: Connection, actor: str, *, whole: bool) -> Verification:
        """Ask for one, unless one is waiting or running; return it."""
        if (busy := await store_audit.unfinished(connection)) is not None:
            return busy
        verification = new_id()
        await store_audit.insert(connection, verification, actor, whole=whole)
        await self.enqueue(connection, VERIFY, verification.encode())
        found = await store_audit.newest(connection)
        assert found is not None, "it was just inserted"
        return found

    async def schedule(self, database: Database, *, whole: bool) -> None:
        """Ask for one on the clock."""

        async def work(connection: Connection) -> None:
            await self.ask(connection, CLOCK, whole=whole)

        await database.run(work)

    async def run(self, database: Database, payload: bytes) -> None:
        """Do the verification of this id; repeating it does no harm."""
        verification = payload.decode()
        async with database.connection() as connection:
            begun = await store_audit.begin(connection, verification)
        if begun is None:  # done already: a job runs at least once
            return
        noted = time.monotonic()

        async def note(position: int, last: int) -> None:
            nonlocal noted
            if time.monotonic() - noted >= NOTE_SECONDS:
                noted = time.monotonic()
                async with database.connection() as other:
                    await store_audit.note(other, verification, position, last)

        try:
            async with database.connection() as connection:
                report = await verify(
                    connection, begun.position, begin=begun.hash or None, progress=note
                )
                faults = Faults()
                faults.kept, faults.count = list(report.faults), report.fault_count
                files = await verify_checkpoints(
                    connection,
                    self.checkpoints.folders,
                    key_of(self.secrets.ed25519(KEY)),
                    faults,
                    kept_since=self.checkpoints.kept_since,
                )
        except Exception:
            async with database.connection() as connection:
                await store_audit.fail(connection, verification)
            raise
        if faults.count:
            _log.error("the journal has faults", extra={"faults": faults.count})
        async with database.connection() as connection:
            await store_audit.end(
                connection,
                verification,
                position=report.end.position,
                end_hash=report.end.hash,
                checkpoints=files.checked,
                redacted=report.redacted,
                count=faults.count,
                faults=[FaultView(f.kind, f.position, f.where, f.entry) for f in faults.kept],
            )

    async def state(self, connection: Connection) -> AuditState:
        """Return how the journal stands now."""
        newest = await store_audit.newest(connection)
        last = await asyncio.to_thread(self.checkpoints.newest)
        try:
            key = key_of(await asyncio.to_thread(self.secrets.ed25519, KEY))
        except SecretError as error:  # the rest is still worth telling
            _log.error("no key for checkpoints: %s", error)
            key = ""
        return AuditState(
            position=await store_audit.position(connection),
            public_key=key,
            copied=self.checkpoints.copy is not None,
            trouble=self.checkpoints.trouble,
            checkpoint=None
            if last is None
            else CheckpointView(
                last.number, datetime.fromisoformat(last.at), last.position, last.hash
            ),
            verification=newest,
            last_sound_at=await store_audit.last_sound_at(connection),
        )

    # --- checks

    async def tampering(self, connection: Connection) -> Finding | None:
        """Find faults, or that nobody looked for them for days."""
        newest = await store_audit.newest(connection, ended=True)
        if newest is not None and newest.state == "faulty":
            return Finding("error", {"reason": "faulty", "count": newest.fault_count})
        if await store_audit.is_stale(connection, STALE_DAYS):
            return Finding("warning", {"reason": "stale", "count": STALE_DAYS})
        return None

    async def checkpointing(self, _: Connection) -> Finding | None:
        """Find a copy that is not there, or that differs."""
        trouble = self.checkpoints.trouble
        if not trouble:
            return None
        severity = "error" if trouble == "copy_differs" else "warning"
        return Finding(severity, {"reason": trouble})
