"""This domain's public news: the kinds of its journal entries and their bodies."""

from typing import Final

import msgspec

AGENT_ENROLLED: Final = "devices.agent_enrolled"
AGENT_CHANGED: Final = "devices.agent_changed"
AGENT_REVOKED: Final = "devices.agent_revoked"
AGENT_CONNECTED: Final = "devices.agent_connected"
AGENT_DISCONNECTED: Final = "devices.agent_disconnected"
READER_CHANGED: Final = "devices.reader_changed"
ENROLMENT_CREATED: Final = "devices.enrolment_created"
QUARANTINED: Final = "devices.quarantined"
QUARANTINE_SETTLED: Final = "devices.quarantine_settled"

KINDS: Final = (
    AGENT_ENROLLED,
    AGENT_CHANGED,
    AGENT_REVOKED,
    AGENT_CONNECTED,
    AGENT_DISCONNECTED,
    READER_CHANGED,
    ENROLMENT_CREATED,
    QUARANTINED,
    QUARANTINE_SETTLED,
)


class AgentNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of the agent kinds. Subject: the agent's id."""

    name: str
    place: str = ""
    version: str = ""
    before: dict[str, str] = {}
    after: dict[str, str] = {}


class ReaderNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of reader_changed: `state` is empty for a reader that is gone. Subject: the agent."""

    name: str
    reader: str
    state: str
    message: str = ""


class EnrolmentNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of enrolment_created. Subject: the name that the agent will get."""

    place: str = ""


class QuarantineNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of quarantined and quarantine_settled. Subject: the quarantined row's id."""

    agent: str
    reason: str
    state: str = "waiting"
