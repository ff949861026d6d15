"""This domain's public news: the kinds of its journal entries and their bodies."""

from typing import Final

import msgspec

AGENT_ENROLLED: Final = "devices.agent_enrolled"
AGENT_CHANGED: Final = "devices.agent_changed"
AGENT_REVOKED: Final = "devices.agent_revoked"
AGENT_REPLACED: Final = "devices.agent_replaced"
AGENT_CONNECTED: Final = "devices.agent_connected"
AGENT_DISCONNECTED: Final = "devices.agent_disconnected"
LINK_REFUSED: Final = "devices.link_refused"
PAIRING_ASKED: Final = "devices.pairing_asked"
PAIRING_APPROVED: Final = "devices.pairing_approved"
PAIRING_REFUSED: Final = "devices.pairing_refused"
CODE_REFUSED: Final = "devices.code_refused"
CODE_LOCKED: Final = "devices.code_locked"
READER_CHANGED: Final = "devices.reader_changed"
ENROLMENT_CREATED: Final = "devices.enrolment_created"
QUARANTINED: Final = "devices.quarantined"
QUARANTINE_SETTLED: Final = "devices.quarantine_settled"

KINDS: Final = (
    AGENT_ENROLLED,
    AGENT_CHANGED,
    AGENT_REVOKED,
    AGENT_REPLACED,
    AGENT_CONNECTED,
    AGENT_DISCONNECTED,
    LINK_REFUSED,
    PAIRING_ASKED,
    PAIRING_APPROVED,
    PAIRING_REFUSED,
    CODE_REFUSED,
    CODE_LOCKED,
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


class LinkRefusedNews(msgspec.Struct, frozen=True):
    """Body of link_refused: `reason` is unknown, revoked or signature. Subject: the id claimed."""

    reason: str
    address: str = ""


class PairingNews(msgspec.Struct, frozen=True):
    """Body of the pairing kinds. Subject: the pairing's id; `agent` is what it became."""

    hostname: str = ""
    address: str = ""
    agent: str = ""
    name: str = ""


class CodeNews(msgspec.Struct, frozen=True):
    """Body of code_refused and code_locked. Subject: who typed it. Codes are never written."""

    failures: int


class QuarantineNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of quarantined and quarantine_settled. Subject: the quarantined row's id."""

    agent: str
    reason: str
    state: str = "waiting"
