"""When something happened on a machine that may not know the time."""

import enum

import msgspec

from contract.ids import BootId


class Clock(enum.StrEnum):
    """Whether wall time can be believed."""

    KNOWN = "known"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "Clock":
        return cls.UNKNOWN


class Moment(msgspec.Struct, frozen=True):
    """One instant: which boot, microseconds since that boot, and Unix microseconds as believed.

    `mono_us` never steps and counts through suspend (CLOCK_BOOTTIME); `wall_us` is only as good as
    `clock` says. A later correction rewrites `wall_us` and `clock`, never the other two.
    """

    boot: BootId
    mono_us: int
    wall_us: int
    clock: Clock
