"""Pure decisions on tokens: how long they last, and what a refresh token is good for. No I/O."""

import enum
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESS_LIFETIME = timedelta(minutes=15)
# How far the clocks of two processes may be apart.
LEEWAY = timedelta(seconds=30)
REFRESH_LIFETIME = timedelta(days=7)
# An answer that was lost on the way, or two tabs at once: the used token works so long once more.
GRACE = timedelta(seconds=10)
LONGEST_SLUG = 20


class Verdict(enum.Enum):
    """What a refresh token that was presented is."""

    GOOD = "good"
    VOID = "void"
    # Somebody has it who should not, and nobody can say which of the two: RFC 9700, 4.14.2.
    STOLEN = "stolen"


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token that is known. `ended`: its family was revoked, or its account disabled."""

    expires_at: datetime
    used_at: datetime | None
    ended: bool


def judge(token: Presented, now: datetime) -> Verdict:
    """Say what the token is good for at this moment."""
    if token.ended:
        return Verdict.VOID
    if token.used_at is not None and now - token.used_at > GRACE:
        return Verdict.STOLEN
    return Verdict.GOOD if now < token.expires_at else Verdict.VOID


def client_id(name: str, suffix: str) -> str:
    """Return a readable id: the name's Latin letters and digits, and something unlike any other."""
    slug = "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:LONGEST_SLUG].strip("-")
    return f"{slug or 'client'}-{suffix}"
