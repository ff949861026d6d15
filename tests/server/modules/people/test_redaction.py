"""What becomes of an entry when a person is erased: pure, so a table of cases."""

from datetime import UTC, datetime

import msgspec
import pytest

from contract.ids import JournalEpoch
from server.kernel.journal import Entry
from server.kernel.personal import MASK, Erasure
from server.modules.accounts.personal import redact as redact_accounts
from server.modules.loans.personal import redact as redact_loans
from server.modules.people.personal import redact as redact_people

PERSON, OTHER, ACCOUNT, CARD = "person-1", "person-2", "account-1", "04A1B2C3"
ERASURE = Erasure(PERSON, frozenset({PERSON, ACCOUNT, CARD, "miku"}), "X-BCD", "匿名 X-BCD")


def entry(kind: str, subject: str, body: object, actor: str = "account:9") -> Entry:
    return Entry(
        position=1,
        epoch=JournalEpoch("1"),
        id="1",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        actor=actor,
        device=None,
        address=None,
        module=kind.partition(".")[0],
        kind=kind,
        subject=subject,
        body=msgspec.Raw(msgspec.json.encode(body)),
    )


LOAN = {
    "fact": "f",
    "loan": "l",
    "item_code": "T1",
    "item_name": "レンチ",
    "person": PERSON,
    "person_name": "未来",
    "state": "open",
    "at": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    ("found", "subject", "changed"),
    [
        (
            entry("people.person_changed", PERSON, {"code": "E", "name": "未来"}),
            PERSON,
            {"code": "X-BCD", "name": "匿名 X-BCD"},
        ),
        (
            entry(
                "people.person_changed",
                PERSON,
                {"code": "E", "name": "未来", "before": {"name": "みく"}, "after": {"name": ""}},
            ),
            PERSON,
            {"before": {"name": MASK}, "after": {"name": ""}},
        ),
        (
            entry(
                "people.card_blocked",
                CARD,
                {"kind": "person", "holder": PERSON, "name": "未来", "reason": "未来が紛失"},
            ),
            MASK,
            {"holder": PERSON, "name": "匿名 X-BCD"},
        ),
        (entry("loans.lent", "item-1", LOAN), "item-1", {"person_name": "匿名 X-BCD"}),
        (entry("loans.card_unknown", CARD, {"technology": "felica", "state": "open"}), MASK, {}),
        (
            entry(
                "accounts.signed_in",
                ACCOUNT,
                {"login": "miku", "method": "password", "address": "10.0.0.7", "user_agent": "X"},
            ),
            ACCOUNT,
            {"login": "X-BCD", "method": "password"},
        ),
        (
            entry("accounts.sign_in_refused", "miku", {"login": "miku", "method": "password"}),
            MASK,
            {"login": "X-BCD"},
        ),
        (entry("accounts.phone_added", ACCOUNT, {"label": "未来の電話"}), ACCOUNT, {}),
    ],
    ids=lambda value: value.kind if isinstance(value, Entry) else "",
)
def test_an_entry_that_names_the_person_names_nobody(
    found: Entry, subject: str, changed: dict[str, object]
) -> None:
    [said] = [r(found, ERASURE) for r in REDACTORS if r(found, ERASURE)]
    assert said is not None
    assert said.subject == subject
    told = msgspec.json.decode(said.body)
    assert changed.items() <= told.items()
    for secret in ("未来", "みく", "miku", CARD, "10.0.0.7"):
        assert secret not in said.body.decode() + said.subject
    again = msgspec.structs.replace(found, subject=said.subject, body=msgspec.Raw(said.body))
    assert [r(again, ERASURE) for r in REDACTORS] == [None] * 3, "twice changes nothing more"


@pytest.mark.parametrize(
    "found",
    [
        entry("people.person_changed", OTHER, {"code": "E", "name": "未来"}),
        entry("people.card_blocked", CARD, {"kind": "person", "holder": OTHER, "name": "未来"}),
        entry("loans.lent", "item-1", LOAN | {"person": OTHER}),
        entry("loans.card_unknown", "04FFFFFF", {"technology": "felica", "state": "open"}),
        entry("accounts.signed_in", "account-2", {"login": "miku2", "method": "password"}),
        entry("accounts.role_changed", "miku", {"title": "miku"}),
        entry("loans.item_changed", "item-1", {"code": "T1", "name": "miku"}),
    ],
    ids=lambda found: found.kind,
)
def test_an_entry_on_somebody_or_something_else_stays(found: Entry) -> None:
    assert [r(found, ERASURE) for r in REDACTORS] == [None] * 3


REDACTORS = (redact_people, redact_loans, redact_accounts)
