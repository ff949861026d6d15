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


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent sends to be enrolled."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class EnrolAnswer(msgspec.Struct, frozen=True):
    """Who the agent is from now on, and the key that proves it; it cannot be read again."""

    agent: AgentId
    name: str
    key: str


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
