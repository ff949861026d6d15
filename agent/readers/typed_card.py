"""What a typed text says about the card or label that was read; pure."""

import hashlib
import re

from agent.readers.settings import Typed
from contract.cards import MAX_UID_DIGITS, CardUid, InvalidUid, Technology, normalise_uid

_MAX_BYTES = MAX_UID_DIGITS // 2
_MIN_BYTES = 4
_DECIMAL = re.compile(r"[0-9]{1,40}")


def typed_card(text: str, typed: Typed, uid_bytes: int) -> tuple[CardUid, Technology]:
    """Return UID and technology of what was typed; raises InvalidUid.

    A typing reader does not say what the card speaks; eight bytes are a FeliCa IDm or an ISO 15693
    UID (which ends in E0 on the air, so begins with it in print).
    """
    text = text.strip()
    match typed:
        case Typed.BARCODE:
            return barcode_uid(text), Technology.BARCODE
        case Typed.HEX:
            uid = normalise_uid(text)
        case Typed.HEX_REVERSED:
            uid = normalise_uid(bytes.fromhex(normalise_uid(text))[::-1].hex())
        case Typed.DECIMAL:
            uid = _from_decimal(text, uid_bytes)
        case Typed.DECIMAL_REVERSED:
            uid = normalise_uid(bytes.fromhex(_from_decimal(text, uid_bytes))[::-1].hex())
    return uid, Technology.UNKNOWN


def barcode_uid(text: str) -> CardUid:
    """Return the UID that stands for a barcode's text; raises InvalidUid for an empty one.

    The text's UTF-8 bytes; up to 3 bytes are filled up with zeros in front (no text begins with
    NUL), more than 32 bytes are replaced by their SHA-256, so that each text has a UID of its own.
    """
    raw = text.encode()
    if not raw:
        raise InvalidUid(text)
    if len(raw) > _MAX_BYTES:
        raw = hashlib.sha256(raw).digest()
    return normalise_uid(raw.rjust(_MIN_BYTES, b"\0").hex())


def _from_decimal(text: str, uid_bytes: int) -> CardUid:
    if not _DECIMAL.fullmatch(text):
        raise InvalidUid(text[:80])
    try:
        return normalise_uid(int(text).to_bytes(uid_bytes, "big").hex())
    except OverflowError:
        raise InvalidUid(text[:80]) from None
