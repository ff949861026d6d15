"""From key presses to the text they type, for US and Japanese (JIS) keyboards; pure.

Key numbers are those of Linux's input-event-codes.h.
"""

from dataclasses import dataclass, field

from agent.readers.settings import Layout

KEY_ENTER = 28
KEY_KPENTER = 96
KEY_LEFTSHIFT = 42
KEY_RIGHTSHIFT = 54

# A reader types in one go; a longer pause means that the rest never came.
TIMEOUT_US = 300_000
MAX_CHARS = 512

PRESS = 1
RELEASE = 0

_Keys = dict[int, tuple[str, str]]


def _letters() -> _Keys:
    rows = ((16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm"))
    return {
        first + place: (letter, letter.upper())
        for first, row in rows
        for place, letter in enumerate(row)
    }


def _row(first: int, plain: str, shifted: str) -> _Keys:
    return {first + n: pair for n, pair in enumerate(zip(plain, shifted, strict=True))}


_BOTH: _Keys = {
    **_letters(),
    57: (" ", " "),
    # The numeric pad, as with num lock on.
    **_row(71, "789-456+1230.", "789-456+1230."),
    55: ("*", "*"),
    98: ("/", "/"),
}

_US: _Keys = {
    **_BOTH,
    **_row(2, "1234567890-=", "!@#$%^&*()_+"),
    **_row(26, "[]", "{}"),
    **_row(39, ";'`", ':"~'),
    43: ("\\", "|"),
    **_row(51, ",./", "<>?"),
}

_JP: _Keys = {
    **_BOTH,
    **_row(2, "123456789", "!\"#$%&'()"),
    11: ("0", ""),
    **_row(12, "-^", "=~"),
    **_row(26, "@[", "`{"),
    **_row(39, ";:", "+*"),
    43: ("]", "}"),
    **_row(51, ",./", "<>?"),
    89: ("\\", "_"),
    124: ("\\", "|"),
}

_LAYOUTS = {Layout.US: _US, Layout.JP: _JP}


@dataclass(frozen=True, slots=True)
class Typing:
    """What has been typed since the last Enter, and whether Shift is held."""

    text: str = ""
    shifts: frozenset[int] = field(default_factory=frozenset)
    last_us: int = 0


def typed(
    before: Typing, layout: Layout, key: int, value: int, at_us: int
) -> tuple[Typing, str | None]:
    """Take one key event; the second value is the text once Enter completes it.

    A pause of more than 300 ms discards what was typed. Keys without a character are ignored;
    key repeats are too (a held key is a person's).
    """
    text = before.text if at_us - before.last_us <= TIMEOUT_US else ""
    if key in (KEY_LEFTSHIFT, KEY_RIGHTSHIFT):
        shifts = before.shifts | {key} if value else before.shifts - {key}
        return Typing(text, shifts, at_us), None
    if value != PRESS:
        return before, None
    if key in (KEY_ENTER, KEY_KPENTER):
        return Typing("", before.shifts, at_us), text or None
    plain, shifted = _LAYOUTS[layout].get(key, ("", ""))
    text = (text + (shifted if before.shifts else plain))[-MAX_CHARS:]
    return Typing(text, before.shifts, at_us), None
