"""WCAG 2.2 AA: text has 4.5:1 on its ground and edges of controls 3:1, in both schemes."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "kiosk" / "kit" / "tokens.css"
TONES = ("ask", "borrowed", "returned", "undone", "error", "neutral")


def colours(scheme: str) -> dict[str, str]:
    css = TOKENS.read_text(encoding="utf-8")
    found = {}
    for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", css):
        pair = re.fullmatch(r"light-dark\((#\w+), (#\w+)\)", value.strip())
        if pair:
            found[name] = pair[1 if scheme == "light" else 2]
        elif value.startswith("#"):
            found[name] = value.strip()
    return found


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def pairs() -> list[tuple[str, str, float]]:
    text = [
        *(
            (ink, ground, 4.5)
            for ink in ("ink", "muted")
            for ground in ("paper", "surface", "sunken")
        ),
        ("on-brand", "brand", 4.5),
        *((f"on-{tone}", tone, 4.5) for tone in TONES),
        *((f"{tone}-ink", f"{tone}-soft", 4.5) for tone in TONES),
        *((f"{tone}-ink", ground, 4.5) for tone in TONES for ground in ("paper", "surface")),
    ]
    edges = [("edge", ground, 3.0) for ground in ("paper", "surface", "sunken")]
    return [*text, *edges, ("focus", "paper", 3.0), ("focus", "surface", 3.0)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("one", "other", "least"), pairs())
def test_colours_stand_out(scheme: str, one: str, other: str, least: float) -> None:
    known = colours(scheme)
    assert contrast(known[one], known[other]) >= least
