"""The documents say what the code does: nothing missing, nothing invented."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent import __main__ as agent_main
from agent.settings import Settings as AgentSettings
from server.__main__ import parser as server_parser
from server.settings import Settings as ServerSettings
from support.api import Api

DOCS = Path(__file__).parents[2] / "docs"
_FIRST_CELL = re.compile(r"^\| `([^`]+)`", re.MULTILINE)


def documented(document: str, heading: str = "") -> list[str]:
    """Return the first cells of the tables below a heading, or of the whole document."""
    text = (DOCS / document).read_text(encoding="utf-8")
    if heading:
        text = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return _FIRST_CELL.findall(text)


def settings_of(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.encode_name}"
        shape = msgspec.inspect.type_info(field.type)
        if isinstance(shape, msgspec.inspect.StructType):
            yield from settings_of(shape.cls, f"{name}.")
            continue
        yield name
        inner = getattr(shape, "item_type", None)
        if isinstance(inner, msgspec.inspect.StructType):
            yield from settings_of(inner.cls, f"{name}.")


def commands_of(parser: argparse.ArgumentParser) -> set[str]:
    [verbs] = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return {f"{parser.prog} {name}" for name in verbs.choices}


@pytest.mark.parametrize(
    ("heading", "kind"), [("Server", ServerSettings), ("Agent", AgentSettings)]
)
def test_every_setting_is_documented(heading: str, kind: type[msgspec.Struct]) -> None:
    assert sorted(documented("settings.md", heading)) == sorted(settings_of(kind))


@pytest.mark.parametrize("line", documented("settings.md", "Server"))
def test_a_settings_documented_default_is_the_real_one(line: str) -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    [default] = re.findall(rf"^\| `{re.escape(line)}` \| `([^`]*)`", text, re.MULTILINE)
    section, _, key = line.partition(".")
    assert msgspec.json.decode(default) == getattr(getattr(ServerSettings(), section), key)


@pytest.mark.parametrize("parser", [server_parser(), agent_main._parser()], ids=lambda p: p.prog)
def test_every_command_is_documented(parser: argparse.ArgumentParser) -> None:
    described = {" ".join(line.split()[:2]) for line in documented("reference.md", parser.prog)}
    assert described == commands_of(parser)


async def test_every_permission_is_documented(api: Api) -> None:
    declared = [p.name for module in api.server.parts.modules for p in module.permissions]
    assert sorted(documented("reference.md", "Permissions")) == sorted(declared)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_permission_has_words_in_both_languages(api: Api, language: str) -> None:
    async with api.client.get(f"/locales/{language}.ftl") as answer:
        catalogue = await answer.text()
    for module in api.server.parts.modules:
        for permission in module.permissions:
            assert f"permission-{permission.name.replace('.', '-')} =" in catalogue


async def test_every_event_kind_is_documented(api: Api) -> None:
    declared = [kind.name for module in api.server.parts.modules for kind in module.kinds]
    assert sorted(documented("events.md")) == sorted(declared)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_event_kind_has_words_in_both_languages(api: Api, language: str) -> None:
    async with api.client.get(f"/locales/{language}.ftl") as answer:
        catalogue = await answer.text()
    for module in api.server.parts.modules:
        for kind in module.kinds:
            assert f"event-{kind.name.replace('.', '-')} =" in catalogue


async def test_every_metric_is_documented(api: Api) -> None:
    answer = await api.ask("GET", "/api/system/metrics")
    served = set(re.findall(r"^# TYPE (\w+)", answer.body.decode(), re.MULTILINE))
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`((?:genba|process)_\w+)`", text))
    # A machine without a thermal sensor has no temperature to tell.
    assert served | {"genba_temperature_celsius"} == described - {"genba_session", "genba_language"}
