"""What a card speaks, from the ATR that a contactless PC/SC reader makes up for it.

PC/SC, part 3 (requirements for interface devices) and its supplement for contactless cards:
memory cards get `3B 8F 80 01 80 4F 0C A0 00 00 03 06 SS NN NN 00 00 00 00 TCK` with SS the
standard and NN NN the card's name; ISO 14443-4 cards get `3B 8n 80 01` and their own historical
bytes: of type A those of the ATS, of type B eight bytes taken from ATQB and the ATTRIB answer.
"""

from contract.cards import Technology

_CONTACTLESS = bytes.fromhex("8001")
_STORAGE_CARD = bytes.fromhex("804F0CA000000306")
_FELICA_NAMES = frozenset({0x003B, 0xF011, 0xF012})
_SCL3711_FELICA = 0x43
_PUPI_BYTES = 4

_BY_STANDARD = {
    **dict.fromkeys((0x01, 0x02, 0x03), Technology.ISO14443A),
    **dict.fromkeys((0x05, 0x06, 0x07), Technology.ISO14443B),
    **dict.fromkeys((0x09, 0x0A, 0x0B, 0x0C), Technology.ISO15693),
    0x11: Technology.FELICA,
}


def technology(atr: bytes, uid: bytes) -> Technology:
    """Say what a card speaks, or UNKNOWN; total: any bytes are answered."""
    if len(atr) < 4 or atr[0] != 0x3B or atr[1] & 0xF0 != 0x80 or atr[2:4] != _CONTACTLESS:
        return Technology.UNKNOWN
    history = atr[4 : 4 + (atr[1] & 0x0F)]
    if history.startswith(_STORAGE_CARD):
        return _storage_card(history[len(_STORAGE_CARD) :])
    if len(history) == 12 and history[1] == _SCL3711_FELICA and history[3:11] == uid:
        return Technology.FELICA
    if len(uid) == _PUPI_BYTES and _like_type_b(history):
        return Technology.ISO14443B
    return Technology.ISO14443A if len(uid) in (4, 7, 10) else Technology.UNKNOWN


def _storage_card(rest: bytes) -> Technology:
    if len(rest) < 3:
        return Technology.UNKNOWN
    standard, name = rest[0], int.from_bytes(rest[1:3], "big")
    # The ACR122U gives FeliCa cards the standard of type A and names of its own; 00 3B is a name
    # of FeliCa in the supplement, but some readers use it for a MIFARE Ultralight with SS = 03.
    if name in _FELICA_NAMES and (name != 0x003B or standard in (0x00, 0x11)):
        return Technology.FELICA
    return _BY_STANDARD.get(standard, Technology.UNKNOWN)


def _like_type_b(history: bytes) -> bool:
    """Tell type B's made-up historical bytes from the free text of type A's ATS.

    ISO/IEC 14443-3, 7.9.4: in the protocol info the bit rate byte has b4 = 0, the protocol type
    nibble has b4 = 0 and b1 = 1 (ISO 14443-4), frame sizes go up to 8. The last byte of the
    history is MBLI in the upper nibble, 0 in the lower.
    """
    if len(history) != 8:
        return False
    bit_rate, frame_and_type, last = history[4], history[5], history[7]
    return (
        bit_rate & 0x08 == 0
        and frame_and_type & 0x09 == 0x01
        and frame_and_type >> 4 <= 8
        and last & 0x0F == 0
    )
