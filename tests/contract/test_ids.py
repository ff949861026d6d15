"""What is an id: the usual text form of a UUID and nothing that only resembles it."""

import uuid

import pytest

from contract.ids import is_id, new_id

HEX = "0123456789abcdef0123456789abcdef"


def test_fresh_ids_are_ids_and_so_are_those_of_other_versions() -> None:
    assert all(is_id(text) for text in (new_id(), str(uuid.uuid4())))


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX,  # PostgreSQL takes it, but no row of ours is named so
        f"{HEX}----",
        str(uuid.UUID(HEX)).upper(),
        f"{{{uuid.UUID(HEX)}}}",
        uuid.UUID(HEX).urn,
        f"{uuid.UUID(HEX)}\n",
        str(uuid.UUID(HEX)).replace("0", "٠", 1),
        "0x23456789abcdef0123456789abcdef----",
    ],
)
def test_what_resembles_an_id_is_none(text: str) -> None:
    assert not is_id(text)
