"""Hostile messages by a grammar: valid ones with one or more things wrong, and plain noise.

Seeded, so that a run is repeated by its number. Nothing here knows what the server answers.
"""

import json
import random
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

NASTY: Sequence[Any] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    "",
    " ",
    "\x00",
    "\u202e",
    "１２３",
    "../../etc/passwd",
    "'; drop table loans.loan; --",
    "<script>alert(1)</script>",
    "null",
    "a" * 3_000,
    "\U0001f98a" * 500,
    [],
    {},
    [[[[]]]],
    {"": {}},
    [0] * 300,
)


class Hostile:
    """Makes messages out of examples of valid ones."""

    def __init__(self, seed: int, examples: Sequence[Mapping[str, Any]]) -> None:
        self._random = random.Random(seed)
        self._examples = examples

    def message(self) -> bytes:
        """Return the next message's payload; it may be no UTF-8, no JSON, or even be valid."""
        chance = self._random
        kind = chance.randrange(10)
        if kind == 0:
            return chance.randbytes(chance.randrange(200))
        example = deepcopy(dict(chance.choice(self._examples)))
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            self._spoil(example)
        text = json.dumps(example, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")
        if kind == 1:
            return self._noise_in(text)
        if kind == 2:
            return text[: chance.randrange(len(text) + 1)]
        if kind == 3:
            return self._awkward(text)
        return text

    def _spoil(self, value: Any) -> None:
        """Change, drop, add or rename something somewhere inside."""
        chance = self._random
        while True:
            inner = [v for v in _children(value) if isinstance(v, dict | list) and v]
            if not inner or chance.random() < 0.5:
                break
            value = chance.choice(inner)
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = chance.choice(keys)
        match chance.randrange(6):
            case 0 if isinstance(value, dict):
                del value[key]
            case 1 if isinstance(value, dict):
                added = chance.choice(("", "type", "x", "__proto__", "id"))
                value[added] = deepcopy(chance.choice(NASTY))
            case 2 if isinstance(value, dict):
                value[key] = deepcopy(chance.choice(self._examples).get(key, "other"))
            case _:
                value[key] = deepcopy(chance.choice(NASTY))

    def _noise_in(self, text: bytes) -> bytes:
        noisy = bytearray(text or b"x")
        for _ in range(self._random.randrange(1, 5)):
            noisy[self._random.randrange(len(noisy))] = self._random.randrange(256)
        return bytes(noisy)

    def _awkward(self, text: bytes) -> bytes:
        depth = self._random.choice((10, 900, 1_500))
        return self._random.choice(
            (
                b"[" * depth,
                b'{"type":' * depth,
                text + text,
                text[:-1] + b',"type":"hello","type":"events"}',
                b"\xef\xbb\xbf" + text,
                b'{"type":"\\ud800"}',
                b'{"type":1e999}',
                b"NaN",
            )
        )


def _children(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)
