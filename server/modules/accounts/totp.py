"""Codes of authenticator apps (RFC 6238, by pyotp), and recovery codes. No I/O."""

import base64
import re
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Final

import pyotp
import segno
from pyotp.utils import strings_equal

from server.modules.accounts.factor_model import TotpDraft

STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES = 15  # 120 bits: enough that a plain hash guards them
_QR_BORDER = 4  # modules of quiet zone that ISO/IEC 18004 wants
_DIGITS = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """Return a fresh shared secret of 160 bits as base32: what RFC 4226 recommends."""
    return pyotp.random_base32(32)


def draft(secret: str, login: str, site: str) -> TotpDraft:
    """Return what an app needs to keep the secret, under the site's name and the login."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=site.replace(":", " "))
    code = segno.make(uri, error="m", micro=False)
    return TotpDraft(
        secret=secret,
        uri=uri,
        qr_size=int(code.symbol_size(border=_QR_BORDER)[0]),
        qr_path=_path(code),
    )


def _path(code: segno.QRCode) -> str:
    """Return SVG path data that draws the dark modules, a rectangle for each run in a row."""
    runs: list[str] = []
    for y, row in enumerate(code.matrix_iter(border=_QR_BORDER)):
        line = bytes(1 if module else 0 for module in row)
        for run in re.finditer(b"\x01+", line):
            width = run.end() - run.start()
            runs.append(f"M{run.start()} {y}h{width}v1h-{width}z")
    return "".join(runs)


def step_at(seconds: float) -> int:
    """Return the number of the 30 s that a Unix time falls into."""
    return int(seconds) // STEP_SECONDS


def matches(secret: str, step: int, digits: str) -> bool:
    """Say whether these are the six digits of this step; takes as long for any."""
    return strings_equal(pyotp.TOTP(secret).generate_otp(step), digits)


def typed(code: str) -> str:
    """Return a code as it is compared: people type full-width digits, spaces and hyphens."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).upper()


def is_digits(code: str) -> bool:
    """Say whether a typed code is of the app's form, as opposed to a recovery code."""
    return _DIGITS.fullmatch(code) is not None


def new_recovery_codes() -> Sequence[str]:
    """Return ten fresh recovery codes: base32 of 120 bits in groups of four."""
    plain = (
        base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
        for _ in range(RECOVERY_CODES)
    )
    return ["-".join(re.findall("....", code)) for code in plain]
