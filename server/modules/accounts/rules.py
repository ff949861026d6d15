"""Pure decisions: what locks, what a password must be, when a session ends. No I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from contract.cards import CardUid
from contract.replica import PersonStatus
from server.modules.accounts.factor_model import Demand, Held, Second
from server.modules.accounts.model import Method, SessionKind
from server.modules.people.model import Person

MAX_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=15)
LOCK_TIME = timedelta(minutes=15)
# Length, not character classes: NIST SP 800-63B-4, 3.1.1.2.
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256
PRODUCT_WORDS = ("genba", "現場", "げんば", "ゲンバ", "password", "パスワード")
# Simple on purpose: whether an address works is known once a mail arrives. Nothing that means
# something in a mail's header may get in.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
RECENT = timedelta(minutes=15)
# How long a password alone is enough for who must have a second factor and has none.
GRACE = timedelta(days=7)
# What proves two things at once: a passkey knows its owner, a card comes with a PIN; a link that
# signs in is made on the server's own machine, by whoever could as well write into its database.
TWO_FACTORS = frozenset({Method.PASSKEY, Method.TOTP, Method.RECOVERY, Method.CARD, Method.LINK})
# A session's last use is written at most so often.
TOUCH_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Lockout:
    """Failures since the first one that still counts; `until` while locked."""

    failures: int
    since: datetime
    until: datetime | None = None

    def locked(self, now: datetime) -> bool:
        """Say whether attempts are not looked at now."""
        return self.until is not None and now < self.until


def after_failure(lockout: Lockout | None, now: datetime) -> Lockout:
    """Count one more failure: the fifth within the window locks."""
    if lockout is None or lockout.until is not None or now - lockout.since > FAILURE_WINDOW:
        lockout = Lockout(0, now)
    failures = lockout.failures + 1
    until = now + LOCK_TIME if failures >= MAX_FAILURES else None
    return Lockout(failures, lockout.since, until)


def minutes_left(lockout: Lockout, now: datetime) -> int:
    """Return how many minutes the lock lasts still, at least 1."""
    left = (lockout.until or now) - now
    return max(1, -(-int(left.total_seconds()) // 60))


def second_wanted(held: Held) -> Second:
    """Return what a right password wants besides.

    An app is asked for wherever it was set up. A passkey is asked for where a second factor must
    be; elsewhere it is a comfort. Who must have one and has none gets in, for `demanded` to see.
    """
    if held.totp:
        return Second.TOTP
    if not held.covered or not held.passkeys:
        return Second.NOTHING
    return Second.RECOVERY if held.recovery_codes else Second.PASSKEY


def demanded(covered: bool, two_factors: bool, due: datetime | None, now: datetime) -> Demand:
    """Return what a session is told of second factors; with DUE it may do nothing else."""
    if two_factors or not covered:
        return Demand.NONE
    return Demand.DUE if due is not None and due <= now else Demand.ADVISED


def password_fault(password: str, words: Sequence[str], leaked: bool) -> str:
    """Return why this should be nobody's password, as a stable code; empty if it is fine.

    `words` are what anybody would try here: the login, the person's and the site's name. They may
    be in a password, but what else is in it must be long enough by itself.
    """
    if len(password) < SHORTEST_PASSWORD:
        return "password_short"
    if len(password) > LONGEST_PASSWORD:
        return "password_long"
    if len(set(password)) < 4:
        return "password_monotonous"
    rest = password.casefold()
    for word in sorted({w.casefold() for w in (*words, *PRODUCT_WORDS)}, key=len, reverse=True):
        if len(word) > 1:
            rest = rest.replace(word, "")
    if len(rest) < SHORTEST_PASSWORD and len(rest) < len(password):
        return "password_obvious"
    return "password_leaked" if leaked else ""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts without use, and at all."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """The limits of each kind of session."""

    browser: SessionLimits = SessionLimits(timedelta(hours=8), timedelta(days=7))
    kiosk: SessionLimits = SessionLimits(timedelta(minutes=2), timedelta(minutes=15))

    def of(self, kind: SessionKind) -> SessionLimits:
        """Return the limits of this kind."""
        return self.kiosk if kind is SessionKind.KIOSK else self.browser


def pin_fault(pin: str) -> str:
    """Return why this should be nobody's PIN, as a stable code; empty if it is fine."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return "pin_guessable" if len(steps) == 1 and steps <= {0, 1, 9} else ""


def email_fault(email: str) -> str:
    """Return why this cannot be an address, as a stable code; empty if it can."""
    return "" if _EMAIL.fullmatch(email) else "email_malformed"


def vouches(card: CardUid, person: Person) -> bool:
    """Say whether a card stands for somebody who may be here: theirs, not blocked, active."""
    theirs = any(each.uid == card and not each.blocked for each in person.cards)
    return theirs and person.status is PersonStatus.ACTIVE and not person.erased
