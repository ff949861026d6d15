"""What a card speaks, read from the ATR that its reader makes up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.readers.atr import technology
from contract.cards import Technology

STORAGE = "3B8F8001804F0CA000000306{}0000000000"


@pytest.mark.parametrize(
    ("atr", "uid", "speaks"),
    [
        (STORAGE.format("030001"), "04A1B2C3", Technology.ISO14443A),
        (STORAGE.format("030003"), "04A1B2C3D4E5F6", Technology.ISO14443A),
        # A MIFARE Ultralight EV1 that its reader calls by FeliCa's name:
        (STORAGE.format("03003B"), "04A1B2C3D4E5F6", Technology.ISO14443A),
        (STORAGE.format("11003B"), "0114B34D5E6F7081", Technology.FELICA),
        # As the ACR122U writes FeliCa at 212 and 424 kbit/s:
        (STORAGE.format("03F011"), "0114B34D5E6F7081", Technology.FELICA),
        (STORAGE.format("03F012"), "0114B34D5E6F7081", Technology.FELICA),
        (STORAGE.format("070006"), "D0021A2B3C4D5E6F", Technology.ISO14443B),
        (STORAGE.format("0B0014"), "E00401001234ABCD", Technology.ISO15693),
        (STORAGE.format("000000"), "04A1B2C3", Technology.UNKNOWN),
        # As the SCL3711 writes FeliCa:
        ("3B8C800104" + "43FD" + "0114B34D5E6F7081" + "7F" + "00", "0114B34D5E6F7081", "felica"),
        # ISO 14443-4, type A: a DESFire's ATS has one historical byte; a JCOP's is text.
        ("3B81800180" + "80", "04A1B2C3D4E5F6", Technology.ISO14443A),
        ("3B888001" + "4A434F5033315632" + "4A", "08A1B2C3", Technology.ISO14443A),
        # ISO 14443-4, type B: application data, protocol info, MBLI.
        ("3B888001" + "00000000" + "338183" + "00" + "BB", "12345678", Technology.ISO14443B),
        ("3B888001" + "00000000" + "008171" + "10" + "79", "12345678", Technology.ISO14443B),
        ("3B6500002063CB6800", "", Technology.UNKNOWN),
        ("", "04A1B2C3", Technology.UNKNOWN),
    ],
)
def test_the_atr_tells_what_the_card_speaks(atr: str, uid: str, speaks: Technology) -> None:
    assert technology(bytes.fromhex(atr), bytes.fromhex(uid)) == speaks


@given(st.binary(max_size=40), st.binary(max_size=12))
def test_any_bytes_are_answered(atr: bytes, uid: bytes) -> None:
    assert technology(atr, uid) in Technology


@given(st.binary(max_size=30), st.binary(max_size=12))
def test_any_contactless_atr_is_answered(rest: bytes, uid: bytes) -> None:
    assert technology(b"\x3b\x88\x80\x01" + rest, uid) in Technology
