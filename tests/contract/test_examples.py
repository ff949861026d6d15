"""The wire has examples: each message is one file that server and agent both understand."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contract
from contract.cards import Technology
from contract.facts import Fact, FactBody
from contract.kiosk import FromKiosk, Screen, ToKiosk
from contract.link import Ack, Down, Events, ReaderState, RowStatus, Up, Welcome
from contract.moment import Clock
from contract.replica import ItemRow, ItemStatus, PersonRow, PersonStatus
from contract.sign_in import EnterPin, SignInResult

FOLDER = Path(contract.__file__).parent / "examples"
FILES = sorted(FOLDER.glob("*.json"))
SIGN_IN = {"type": "sign_in", "request": "1", "person": "p", "card": "c"}
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
        ("to_kiosk", {"samples", "pin_answer"} | {f"state_{tag}" for tag in tags(Screen)}),
    ],
)
def test_every_message_has_its_example(group: str, wanted: set[str]) -> None:
    assert {file.name.split(".")[1] for file in FILES if file.name.startswith(f"{group}.")} == (
        wanted
    )


@pytest.mark.parametrize("name", ["up.sign_in", "down.sign_in_answer", "from_kiosk.enter_pin"])
def test_what_is_secret_is_not_printed(name: str) -> None:
    file = FOLDER / f"{name}.json"
    document = json.loads(file.read_bytes())
    message = msgspec.json.decode(file.read_bytes(), type=kind_of(file))
    secret = document.get("pin") or document["ticket"]
    assert secret not in f"{message!r} {message}"


@given(st.text(max_size=14) | st.from_regex(r"[0-9]{4,14}", fullmatch=True))
def test_a_pin_is_six_to_twelve_digits(pin: str) -> None:
    message = json.dumps({"type": "enter_pin", "pin": pin})
    if 6 <= len(pin) <= 12 and set(pin) <= set("0123456789"):
        assert msgspec.json.decode(message, type=FromKiosk) == EnterPin(pin)
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(message, type=FromKiosk)


@pytest.mark.parametrize(
    "pin", ["12345", "1234567890123", "12345a", "123456\n", "１２３４５６", "", 123456]
)
def test_what_is_no_pin_is_refused_without_repeating_it(pin: object) -> None:
    for kind, extra in ((FromKiosk, {"type": "enter_pin"}), (Up, SIGN_IN)):
        with pytest.raises(msgspec.ValidationError) as refused:
            msgspec.json.decode(json.dumps({**extra, "pin": pin}), type=kind)
        assert not pin or str(pin) not in str(refused.value)


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
        (SignInResult, "asks_for_a_finger", SignInResult.REFUSED),
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
