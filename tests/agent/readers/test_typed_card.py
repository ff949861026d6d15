"""What a typed text says about the card or label that was read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.readers.settings import Typed
from agent.readers.typed_card import barcode_uid, typed_card
from contract.cards import InvalidUid, Technology


@pytest.mark.parametrize(
    ("text", "kind", "uid_bytes", "uid"),
    [
        ("04a1b2c3", Typed.HEX, 4, "04A1B2C3"),
        ("04:A1:B2:C3:D4:E5:F6", Typed.HEX, 4, "04A1B2C3D4E5F6"),
        ("C3B2A104", Typed.HEX_REVERSED, 4, "04A1B2C3"),
        ("0077705923", Typed.DECIMAL, 4, "04A1B2C3"),
        ("3283263748", Typed.DECIMAL_REVERSED, 4, "04A1B2C3"),
        ("77705923", Typed.DECIMAL, 7, "00000004A1B2C3"),
    ],
)
def test_what_is_typed_becomes_the_uid_that_other_readers_give(
    text: str, kind: Typed, uid_bytes: int, uid: str
) -> None:
    assert typed_card(text, kind, uid_bytes) == (uid, Technology.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("04A1B2", Typed.HEX),
        ("04A1B2CG", Typed.HEX),
        ("04A1B2C", Typed.HEX_REVERSED),
        ("4294967296", Typed.DECIMAL),
        ("-5", Typed.DECIMAL),
        ("１２３", Typed.DECIMAL),
        ("9" * 400, Typed.DECIMAL),
        ("", Typed.BARCODE),
    ],
)
def test_what_is_no_uid_is_refused(text: str, kind: Typed) -> None:
    with pytest.raises(InvalidUid):
        typed_card(text, kind, 4)


@pytest.mark.parametrize(
    ("text", "uid"),
    [("A-0042", "412D30303432"), ("7", "00000037"), ("工具", "E5B7A5E585B7")],
)
def test_a_barcode_is_its_text(text: str, uid: str) -> None:
    assert typed_card(text, Typed.BARCODE, 4) == (uid, Technology.BARCODE)


def test_a_long_barcode_has_a_uid_of_its_own() -> None:
    first, second = barcode_uid("x" * 100 + "1"), barcode_uid("x" * 100 + "2")
    assert first != second
    assert len(first) == 64


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)


@given(PRINTABLE, PRINTABLE)
def test_different_barcodes_have_different_uids(one: str, other: str) -> None:
    assert (barcode_uid(one) == barcode_uid(other)) == (one == other)
