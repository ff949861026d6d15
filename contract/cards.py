"""Cards: how a UID is written, and which cards cannot identify anything."""

import enum
import re
from typing import NewType

CardUid = NewType("CardUid", str)

MAX_UID_DIGITS = 64
_SEPARATORS = re.compile(r"[\s:\-.]")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")


class Technology(enum.StrEnum):
    """What the card speaks, as far as the reader can tell."""

    ISO14443A = "iso14443a"
    ISO14443B = "iso14443b"
    FELICA = "felica"
    ISO15693 = "iso15693"
    BARCODE = "barcode"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> "Technology":
        return cls.UNKNOWN


class CardProblem(enum.StrEnum):
    """Why a card cannot be registered."""

    RANDOM_UID = "random_uid"
    CHANGING_UID = "changing_uid"


class InvalidUid(ValueError):
    """The text is no card UID: an even number of hexadecimal digits, 4 to 32 bytes."""


def normalise_uid(text: str) -> CardUid:
    """Return the UID as upper-case hex without separators.

    Raises InvalidUid for anything but 4 to 32 bytes of hexadecimal digits.
    """
    digits = _SEPARATORS.sub("", text).upper()
    if not _HEX.fullmatch(digits) or not 8 <= len(digits) <= MAX_UID_DIGITS:
        raise InvalidUid(text[:80])
    return CardUid(digits)


def card_problem(uid: CardUid, technology: Technology) -> CardProblem | None:
    """Say why this card must not be registered, or None.

    ISO/IEC 14443-3: a single-size (4 byte) UID beginning 08 is drawn anew at each activation.
    The PUPI of ISO 14443-B cards (the My Number card is one) also changes from tap to tap.
    """
    if technology is Technology.ISO14443B:
        return CardProblem.CHANGING_UID
    if len(uid) == 8 and uid.startswith("08") and technology is not Technology.BARCODE:
        return CardProblem.RANDOM_UID
    return None
