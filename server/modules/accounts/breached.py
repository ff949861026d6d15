"""Passwords of known breaches: the list that comes along, and a bigger file that a site may have.

The file is what Have I Been Pwned lets one download: SHA-1 in upper-case hex, sorted, one a line;
what follows the digits is ignored. SHA-1 protects nothing here: that list spells passwords so.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import BinaryIO

LISTED = Path(__file__).parent / "leaked" / "passwords.txt"
_DIGITS = 40


class BreachedPasswords:
    """Looks passwords up. Everything here blocks: run it in a thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def have(self, password: str) -> bool:
        """Say whether the password is known to have leaked. Raises OSError: the file is gone."""
        if password.casefold() in _listed():
            return True
        if self._file is None:
            return False
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        with self._file.open("rb") as file:
            return _holds(file, self._file.stat().st_size, digest.encode())


def _holds(file: BinaryIO, size: int, digest: bytes) -> bool:
    """Say whether a line of the sorted file begins with this; reads about 40 lines of 40 GB."""
    low, high = 0, size  # the line that we look for begins in [low, high)
    while low < high:
        middle = (low + high) // 2
        file.seek(max(0, middle - 1))
        if middle > 0:
            file.readline()  # to the first line that begins at the middle or after it
        if file.tell() >= high:
            high = middle
            continue
        found = file.readline()[:_DIGITS].upper()
        if found == digest:
            return True
        if found < digest:
            low = file.tell()
        else:
            high = middle
    return False


@cache
def _listed() -> frozenset[str]:
    return frozenset(LISTED.read_text(encoding="utf-8").split("\n"))
