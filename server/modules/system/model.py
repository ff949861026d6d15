"""The words of this domain."""

import enum

import msgspec


class Status(enum.StrEnum):
    """How the box is as a whole: `degraded` works, but somebody should look."""

    OK = "ok"
    DEGRADED = "degraded"
    ERROR = "error"


class CheckStatus(enum.StrEnum):
    """How one thing is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class CheckView(msgspec.Struct, frozen=True):
    """One thing that can go wrong; `detail` says what to do, and is empty when all is well."""

    id: str
    status: CheckStatus
    title: str
    detail: str = ""


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the box is; the checks only for those who may see them."""

    status: Status
    checks: list[CheckView] = []
