"""Signing in at a kiosk: the words that the link and the kiosk's page have in common."""

import enum
from typing import Annotated

import msgspec

Pin = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6,12}(?!\n)$")]


class SignInResult(enum.StrEnum):
    """What became of a card and its PIN.

    `REFUSED` does not say what was wrong; `NO_PIN` that there is nothing to guess.
    """

    OK = "ok"
    REFUSED = "refused"
    LOCKED = "locked"
    NO_PIN = "no_pin"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"

    @classmethod
    def _missing_(cls, value: object) -> "SignInResult":
        return cls.REFUSED  # said by a newer release


class EnterPin(msgspec.Struct, frozen=True, tag="enter_pin"):
    """The person of the session wants to sign in to the site's pages."""

    pin: Pin

    def __repr__(self) -> str:
        """Leave the PIN out: what is printed ends in logs."""
        return "EnterPin()"


class PinAnswer(msgspec.Struct, frozen=True, tag="pin_answer"):
    """Told to the page that sent the PIN, and to no other.

    `ticket` opens a session at `site`, the URL of the site's pages; `minutes` is how long a lock
    still lasts.
    """

    result: SignInResult
    ticket: str = ""
    site: str = ""
    minutes: int = 0

    def __repr__(self) -> str:
        """Leave the ticket out: what is printed ends in logs."""
        return f"PinAnswer(result={self.result!r})"
