"""From key presses to the text that a reader types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.readers.key_text import (
    KEY_ENTER,
    KEY_KPENTER,
    KEY_LEFTSHIFT,
    MAX_CHARS,
    PRESS,
    RELEASE,
    TIMEOUT_US,
    Typing,
    typed,
)
from agent.readers.settings import Layout

DIGITS = {digit: 2 + place for place, digit in enumerate("1234567890")}
LETTERS = {"A": 30, "B": 48, "C": 46, "D": 32, "E": 18, "F": 33}


def type_keys(layout: Layout, *keys: int, step_us: int = 1_000) -> list[str]:
    """Press and release keys one after another (negative: with Shift held)."""
    typing, texts, now = Typing(), [], 0
    for key in keys:
        strokes = [(abs(key), PRESS), (abs(key), RELEASE)]
        if key < 0:
            strokes = [(KEY_LEFTSHIFT, PRESS), *strokes, (KEY_LEFTSHIFT, RELEASE)]
        for code, value in strokes:
            now += step_us
            typing, text = typed(typing, layout, code, value, now)
            if text is not None:
                texts.append(text)
    return texts


@pytest.mark.parametrize("layout", list(Layout))
def test_digits_and_letters_are_the_same_on_both_keyboards(layout: Layout) -> None:
    keys = [DIGITS["0"], DIGITS["4"], -LETTERS["A"], DIGITS["1"], LETTERS["F"], KEY_ENTER]
    assert type_keys(layout, *keys) == ["04A1f"]


def test_the_numeric_pad_types_digits_and_its_enter_ends_the_text() -> None:
    assert type_keys(Layout.US, 79, 80, 81, 82, KEY_KPENTER) == ["1230"]


@pytest.mark.parametrize(
    ("layout", "keys", "text"),
    [
        (Layout.US, (-3, -9, -10, -11, 13, -13), "@*()=+"),
        (Layout.JP, (-3, -9, -10, 13, -13, 124, -12), '"()^~\\='),
        (Layout.US, (39, -39, 26, 43), ";:[\\"),
        (Layout.JP, (39, -39, 26, 43, 89, -89, 40), ";+@]\\_:"),
    ],
)
def test_signs_are_where_the_layout_has_them(
    layout: Layout, keys: tuple[int, ...], text: str
) -> None:
    assert type_keys(layout, *keys, KEY_ENTER) == [text]


def test_a_pause_discards_what_was_typed_before() -> None:
    typing, _ = typed(Typing(), Layout.US, 2, PRESS, 0)
    typing, _ = typed(typing, Layout.US, 3, PRESS, TIMEOUT_US + 1)
    assert typed(typing, Layout.US, KEY_ENTER, PRESS, TIMEOUT_US + 2)[1] == "2"


def test_an_enter_after_a_pause_ends_nothing() -> None:
    typing, _ = typed(Typing(), Layout.US, 2, PRESS, 0)
    assert typed(typing, Layout.US, KEY_ENTER, PRESS, TIMEOUT_US + 1)[1] is None


def test_an_enter_alone_is_no_text() -> None:
    assert type_keys(Layout.US, KEY_ENTER, KEY_ENTER) == []


def test_two_cards_in_a_row_are_two_texts() -> None:
    assert type_keys(Layout.US, 2, 3, KEY_ENTER, 4, 5, KEY_ENTER) == ["12", "34"]


def test_a_held_key_types_once() -> None:
    typing, _ = typed(Typing(), Layout.US, 2, PRESS, 0)
    typing, _ = typed(typing, Layout.US, 2, 2, 10)
    assert typed(typing, Layout.US, KEY_ENTER, PRESS, 20)[1] == "1"


@given(st.lists(st.tuples(st.integers(0, 767), st.integers(0, 2), st.integers(0, 400_000))))
def test_any_keys_are_survived_and_the_text_stays_bounded(
    strokes: list[tuple[int, int, int]],
) -> None:
    typing, now = Typing(), 0
    for key, value, pause in strokes:
        now += pause
        typing, _ = typed(typing, Layout.JP, key, value, now)
        assert len(typing.text) <= MAX_CHARS
