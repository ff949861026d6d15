"""The words of this domain: agents, enrolments, quarantined rows."""

import enum
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from contract.ids import AgentId
from contract.link import Heartbeat, ReaderReport
from contract.moment import Clock
from server.kernel.problems import Problem

ONLINE_SECONDS = 30
ENROLMENT_HOURS = 24

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
Place = Annotated[str, msgspec.Meta(max_length=100)]


class EnrolmentRefused(Problem):
    """The enrolment token is unknown, used or expired."""

    slug = "enrolment-refused"
    status = 403


class PairingsFull(Problem):
    """So many agents wait to be paired that no other can begin."""

    slug = "pairings-full"
    status = 429


class PairingBroken(Problem):
    """What the agent revealed does not fit what it began with; it begins anew."""

    slug = "pairing-broken"
    status = 409


class CodeWrong(Problem):
    """No kiosk shows this code now; it was counted."""

    slug = "code-wrong"
    status = 422


class CodesLocked(Problem):
    """Too many wrong codes: none is looked at for a while."""

    slug = "codes-locked"
    status = 429


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent said it was. `clock_offset_ms`: its wall clock minus the server's."""

    clock: Clock = Clock.UNKNOWN
    clock_offset_ms: int | None = None
    waiting: int = 0
    oldest_seconds: float | None = None
    readers: tuple[ReaderReport, ...] = ()
    kiosk_drawing: bool = False
    set_aside: int = 0
    disk_free_bytes: int | None = None
    temperature_c: float | None = None


def status_of(heartbeat: Heartbeat, now: datetime) -> AgentStatus:
    """Return what a heartbeat says, seen from the server's clock."""
    oldest = heartbeat.oldest_us
    server_us = int(now.timestamp() * 1_000_000)
    return AgentStatus(
        clock=heartbeat.clock,
        clock_offset_ms=(heartbeat.wall_us - server_us) // 1000,
        waiting=heartbeat.waiting,
        oldest_seconds=None if oldest is None else round(oldest / 1_000_000, 1),
        readers=heartbeat.readers,
        kiosk_drawing=heartbeat.kiosk_drawing,
        set_aside=heartbeat.set_aside,
        disk_free_bytes=heartbeat.disk_free_bytes,
        temperature_c=heartbeat.temperature_c,
    )


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolled agent as the database has it."""

    id: AgentId
    name: str
    place: str
    enrolled_at: datetime
    revoked_at: datetime | None
    last_seen_at: datetime | None
    connected: bool
    version: str
    status: AgentStatus
    row_version: int
    public_key: bytes

    @property
    def revoked(self) -> bool:
        """Whether an admin made its key worthless."""
        return self.revoked_at is not None


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as admins see it; `version` is its software's, `version_no` that of this row."""

    id: AgentId
    name: str
    place: str
    enrolled_at: datetime
    last_seen: datetime | None
    online: bool
    version: str
    waiting: int
    oldest_seconds: float | None
    clock: Clock
    clock_offset_ms: int | None
    readers: tuple[ReaderReport, ...]
    kiosk_drawing: bool
    set_aside: int
    disk_free_bytes: int | None
    temperature_c: float | None
    revoked: bool
    version_no: int


def view(agent: Agent, now: datetime) -> AgentView:
    """Return what admins see of the agent at this moment."""
    seen = agent.last_seen_at
    recent = seen is not None and (now - seen).total_seconds() <= ONLINE_SECONDS
    status = agent.status
    return AgentView(
        id=agent.id,
        name=agent.name,
        place=agent.place,
        enrolled_at=agent.enrolled_at,
        last_seen=seen,
        online=agent.connected and recent and not agent.revoked,
        version=agent.version,
        waiting=status.waiting,
        oldest_seconds=status.oldest_seconds,
        clock=status.clock,
        clock_offset_ms=status.clock_offset_ms,
        readers=status.readers,
        kiosk_drawing=status.kiosk_drawing,
        set_aside=status.set_aside,
        disk_free_bytes=status.disk_free_bytes,
        temperature_c=status.temperature_c,
        revoked=agent.revoked,
        version_no=agent.row_version,
    )


class AgentChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of an agent; a field left out stays as it is."""

    name: Name | UnsetType = UNSET
    place: Place | UnsetType = UNSET


class EnrolmentDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent to be enrolled."""

    name: Name
    place: Place = ""


class Enrolment(msgspec.Struct, frozen=True):
    """A fresh one-time token; it cannot be read again."""

    token: str
    expires_at: datetime


class PairingState(enum.StrEnum):
    """How far a pairing is. `begun`: the agent has not revealed its nonce yet."""

    BEGUN = "begun"
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing as the database has it; `alive` until it expires."""

    id: str
    secret_hash: bytes
    agent_key: bytes
    commitment: bytes
    server_nonce: bytes
    ca: str
    hostname: str
    address: str
    state: PairingState
    agent: AgentId | None
    alive: bool


class WaitingPairing(msgspec.Struct, frozen=True, kw_only=True):
    """An agent that shows a code and waits for an admin to type it."""

    id: str
    hostname: str
    version: str
    address: str
    since: datetime
    expires_at: datetime


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that a kiosk shows, and what the agent is to be called.

    With `replaces`, an agent's id, the new one takes its place, and name and place may be left out.
    """

    code: Annotated[str, msgspec.Meta(max_length=40)]
    name: Name | UnsetType = UNSET
    place: Place = ""
    replaces: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class QuarantineState(enum.StrEnum):
    """What became of a quarantined row."""

    WAITING = "waiting"
    RETRIED = "retried"
    DISCARDED = "discarded"


class QuarantinedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of an agent that could not be understood; `raw` is its text as it came."""

    id: str
    agent: AgentId
    agent_name: str
    fact: str | None
    received_at: datetime
    reason: str
    raw: str
    state: QuarantineState
    settled_at: datetime | None
    settled_by: str
