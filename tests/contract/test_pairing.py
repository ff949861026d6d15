"""The code that both ends of a pairing derive, and how people type it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.pairing import ALPHABET, CODE_LENGTH, commitment, pairing_code, shown, typed

BYTES_32 = st.binary(min_size=32, max_size=32)
CODES = st.text(ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH)
PARTS = st.tuples(BYTES_32, BYTES_32, st.text(max_size=50), BYTES_32, BYTES_32)


def test_a_known_pairing_has_a_known_code() -> None:
    """The vector that other implementations can be checked against."""
    ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    code = pairing_code(bytes(32), b"\1" * 32, ca, b"\2" * 32, b"\3" * 32)
    assert code == "CVNNJVWX"
    assert pairing_code(bytes(32), b"\1" * 32, "", b"\2" * 32, b"\3" * 32) == "SJTTVWXQ"


def test_the_alphabet_makes_no_words_and_no_mistakes() -> None:
    assert len(set(ALPHABET)) == 20
    assert not set(ALPHABET) & set("AEIOUY0123456789")


@given(PARTS)
def test_a_code_is_eight_letters_of_the_alphabet_and_the_same_each_time(
    parts: tuple[bytes, bytes, str, bytes, bytes],
) -> None:
    code = pairing_code(*parts)
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(ALPHABET)
    assert code == pairing_code(*parts)


@given(PARTS, st.integers(0, 4), st.integers(0, 31), st.integers(0, 7))
def test_one_bit_of_any_part_makes_another_code(
    parts: tuple[bytes, bytes, str, bytes, bytes], which: int, byte: int, bit: int
) -> None:
    changed = list(parts)
    part = parts[which]
    if isinstance(part, str):
        changed[which] = part + "x"
    else:
        flipped = bytearray(part)
        flipped[byte] ^= 1 << bit
        changed[which] = bytes(flipped)
    assert pairing_code(*changed) != pairing_code(*parts)  # type: ignore[arg-type]


@given(CODES)
def test_a_code_is_understood_however_it_is_typed(code: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    for text in (
        code,
        shown(code),
        code.lower(),
        wide,
        wide.lower(),
        f" {shown(code)} ",
        shown(wide),
    ):
        assert typed(text) == code
    assert typed(" ".join(code)) == code


@pytest.mark.parametrize("text", ["", "BCDF", "BCDF-GHJKL", "ABCD-EFGH", "BCDF-GHJ1", "日本語です"])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert typed(text) == ""


@given(st.text(max_size=100))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = typed(text)
    assert code == "" or (len(code) == CODE_LENGTH and set(code) <= set(ALPHABET))


def test_a_commitment_is_sha_256() -> None:
    assert commitment(b"n" * 32) == hashlib.sha256(b"n" * 32).digest()
