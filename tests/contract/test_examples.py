"""The wire has examples: each message is one file that server and agent both understand."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import contract
from contract.cards import Technology
from contract.facts import Fact, FactBody
from contract.kiosk import FromKiosk, Screen, ToKiosk
from contract.link import Ack, Down, Events, ReaderState, RowStatus, Up, Welcome
from contract.moment import Clock
from contract.replica import ItemRow, ItemStatus, PersonRow, PersonStatus

FOLDER = Path(contract.__file__).parent / "examples"
FILES = sorted(FOLDER.glob("*.json"))
KINDS = {"fact": Fact, "up": Up, "down": Down, "to_kiosk": ToKiosk, "from_kiosk": FromKiosk}


def kind_of(file: Path) -> object:
    return KINDS[file.name.split(".")[0]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_understood_and_written_the_same(file: Path) -> None:
    message = msgspec.json.decode(file.read_bytes(), type=kind_of(file))
    assert json.loads(msgspec.json.encode(message)) == json.loads(file.read_bytes())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_field_of_a_newer_release_is_ignored(file: Path) -> None:
    plain = msgspec.json.decode(file.read_bytes(), type=kind_of(file))
    newer = json.dumps(with_news(json.loads(file.read_bytes())))
    message = msgspec.json.decode(newer, type=kind_of(file))
    if not isinstance(message, Events):  # its rows are raw: they keep what is new
        assert message == plain


def with_news(value: object) -> object:
    """Add a field that nobody knows to every object."""
    if isinstance(value, dict):
        return {key: with_news(inner) for key, inner in value.items()} | {"added_later": [1, {}]}
    if isinstance(value, list):
        return [with_news(inner) for inner in value]
    return value


def tags(union: object) -> set[str]:
    return {str(member.__struct_config__.tag) for member in get_args(union)}


@pytest.mark.parametrize(
    ("group", "wanted"),
    [
        ("fact", tags(FactBody)),
        ("up", tags(Up)),
        ("down", tags(Down)),
        ("from_kiosk", tags(FromKiosk)),
        ("to_kiosk", {"samples"} | {f"state_{tag}" for tag in tags(Screen)}),
    ],
)
def test_every_message_has_its_example(group: str, wanted: set[str]) -> None:
    assert {file.name.split(".")[1] for file in FILES if file.name.startswith(f"{group}.")} == (
        wanted
    )


def test_rows_of_a_batch_are_the_facts_of_the_examples() -> None:
    batch = msgspec.json.decode((FOLDER / "up.events.json").read_bytes(), type=Events)
    facts = [msgspec.json.decode(row, type=Fact) for row in batch.rows]
    assert [fact.seq for fact in facts] == [1, 2, 3, 4]


def test_one_bad_row_leaves_the_others_readable() -> None:
    text = (FOLDER / "up.events.json").read_text()
    document = json.loads(text)
    document["rows"][1] = {"id": 5, "surprise": True}
    batch = msgspec.json.decode(json.dumps(document), type=Events)
    good = [row for number, row in enumerate(batch.rows) if number != 1]
    assert all(isinstance(msgspec.json.decode(row, type=Fact), Fact) for row in good)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(batch.rows[1], type=Fact)


@pytest.mark.parametrize(
    ("kind", "text", "means"),
    [
        (Clock, "relativistic", Clock.UNKNOWN),
        (ReaderState, "warming_up", ReaderState.UNAVAILABLE),
        (RowStatus, "applied_twice", RowStatus.APPLIED),
        (Technology, "iso99999", Technology.UNKNOWN),
        (PersonStatus, "on_leave", PersonStatus.UNRECOGNISED),
        (ItemStatus, "in_space", ItemStatus.UNRECOGNISED),
    ],
)
def test_a_word_of_a_newer_release_is_tolerated(kind: type, text: str, means: object) -> None:
    assert msgspec.json.decode(json.dumps(text), type=kind) is means


def test_rows_with_words_of_a_newer_release_are_still_rows() -> None:
    person = b'{"id":"p","code":"c","name":"n","status":"on_leave"}'
    item = b'{"id":"i","code":"c","name":"n","status":"in_space"}'
    assert msgspec.json.decode(person, type=PersonRow).status is PersonStatus.UNRECOGNISED
    assert msgspec.json.decode(item, type=ItemRow).status is ItemStatus.UNRECOGNISED


def test_the_shortest_messages_of_an_older_release_are_enough() -> None:
    welcome = b'{"type":"welcome","protocol":1,"agent":"a","name":"n","server_us":1}'
    assert isinstance(msgspec.json.decode(welcome, type=Down), Welcome)
    assert isinstance(msgspec.json.decode(b'{"type":"ack","rows":[]}', type=Down), Ack)
