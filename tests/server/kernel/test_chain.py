import hashlib
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.kernel.chain import Sealable, SealableNow, genesis, link, microseconds

ENTRY = Sealable(
    position=1,
    epoch="0197a5c4-0000-7000-8000-000000000001",
    id="0197a5c4-0000-7000-8000-000000000002",
    at_us=1_700_000_000_000_001,
    actor="token:admin",
    device=None,
    module="loans",
    kind="loans.borrowed",
    subject="レンチ",
    body='{"item": "é"}',
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def test_the_hash_is_the_documented_one() -> None:
    """docs/journal.md gives this example, so that others can check a journal without our code."""
    array = (
        '[1,"0197a5c4-0000-7000-8000-000000000001","0197a5c4-0000-7000-8000-000000000002",'
        '1700000000000001,"token:admin",null,"loans","loans.borrowed","レンチ",'
        '"{\\"item\\": \\"é\\"}"]'
    )
    expected = hashlib.sha256(b"\1" * 32 + array.encode()).digest()
    assert link(b"\1" * 32, ENTRY) == expected


def test_the_hash_of_form_2_is_the_documented_one() -> None:
    entry = SealableNow(
        position=1,
        epoch=ENTRY.epoch,
        id=ENTRY.id,
        at_us=ENTRY.at_us,
        seq=7,
        origin=8,
        xid=9,
        actor="account:1",
        device=None,
        address="192.0.2.7",
        module="loans",
        kind="loans.borrowed",
        subject="レンチ",
        body='{"item": "é"}',
    )
    array = (
        '[1,"0197a5c4-0000-7000-8000-000000000001","0197a5c4-0000-7000-8000-000000000002",'
        '1700000000000001,7,8,9,"account:1",null,"192.0.2.7","loans","loans.borrowed","レンチ",'
        '"{\\"item\\": \\"é\\"}"]'
    )
    expected = hashlib.sha256(b"genba journal 2\n" + b"\1" * 32 + array.encode()).digest()
    assert link(b"\1" * 32, entry) == expected


def test_the_chain_begins_with_the_first_epoch() -> None:
    assert genesis(ENTRY.epoch) == hashlib.sha256(ENTRY.epoch.encode()).digest()


@given(
    field=st.sampled_from(["actor", "module", "kind", "subject", "body", "id", "epoch", "device"]),
    text=TEXT,
)
def test_whatever_is_changed_changes_the_hash(field: str, text: str) -> None:
    changed = ENTRY._replace(**{field: text})
    same = changed == ENTRY
    assert (link(b"", changed) == link(b"", ENTRY)) is same


@given(TEXT, TEXT)
def test_text_cannot_move_from_one_field_to_the_next_unnoticed(one: str, two: str) -> None:
    together = ENTRY._replace(actor=one + two, device="")
    apart = ENTRY._replace(actor=one, device=two)
    assert (link(b"", together) == link(b"", apart)) is (two == "")


@given(st.integers(-(10**15), 4 * 10**15))
def test_microseconds_are_exact(us: int) -> None:
    assert microseconds(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)) == us
