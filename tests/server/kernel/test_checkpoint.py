"""One line of a checkpoint file: whatever it is, it is ours or it is none."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.checkpoint import (
    KeyChange,
    NotALine,
    SignedCheckpoint,
    is_signed,
    read_line,
    sign_change,
    sign_checkpoint,
    write_line,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\2" * 32)
LINE = sign_checkpoint(
    SignedCheckpoint(
        number=7,
        at="2026-11-21T08:00:00.000Z",
        site="港",
        epoch="0197a5c4-0000-7000-8000-000000000001",
        position=4711,
        hash="ab" * 32,
        previous="cd" * 32,
        key="",
    ),
    KEY,
)
CHANGE = sign_change(
    KeyChange(number=8, at="2026-11-21T08:10:00.000Z", former="", key="", previous="ef" * 32),
    KEY,
    OTHER,
)


def test_a_line_is_read_as_it_was_written() -> None:
    for line in (LINE, CHANGE):
        assert read_line(write_line(line)) == line
        assert is_signed(line)


@given(place=st.integers(0), bit=st.integers(0, 7), change=st.booleans())
def test_no_bit_of_a_line_can_be_changed(place: int, bit: int, change: bool) -> None:
    raw = bytearray(write_line(CHANGE if change else LINE))
    raw[place % len(raw)] ^= 1 << bit
    try:
        line = read_line(bytes(raw))
    except NotALine:
        return
    assert not is_signed(line)


@pytest.mark.parametrize("field", ["signature", "key", "previous"])
def test_hex_has_one_spelling(field: str) -> None:
    value = getattr(LINE, field)
    assert value != value.upper()
    with pytest.raises(NotALine):
        read_line(write_line(msgspec.structs.replace(LINE, **{field: value.upper()})))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_line_or_are_refused(raw: bytes) -> None:
    try:
        read_line(raw)
    except NotALine:
        pass
    else:
        raise AssertionError("random bytes are no line")


@given(st.text(max_size=80), st.text(max_size=130))
def test_a_key_or_signature_that_is_none_is_no_signature(key: str, signature: str) -> None:
    forged = msgspec.structs.replace(LINE, key=key, signature=signature)
    assert not is_signed(forged)


def test_a_change_of_keys_needs_both_signatures() -> None:
    for missing in ("signature", "endorsement"):
        assert not is_signed(msgspec.structs.replace(CHANGE, **{missing: LINE.signature}))
