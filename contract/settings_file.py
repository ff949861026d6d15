"""Reading settings: TOML, overridden by the environment, decoded into a struct. No I/O here.

The caller reads the file and passes its bytes; an unknown key is refused with the nearest right
name, so that a typing slip never leaves a default silently in force.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T")
Table = dict[str, object]


class SettingsError(ValueError):
    """The settings cannot be used; the text says which one, and what would be right."""


def read_settings(kind: type[T], document: bytes, environment: Mapping[str, str], prefix: str) -> T:
    """Decode a TOML document, overridden by `PREFIX__SECTION__KEY` variables, into `kind`.

    Raises SettingsError for broken TOML, an unknown key, a wrong value.
    """
    try:
        table: Table = tomllib.loads(document.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"the settings file is not valid TOML: {exc}") from exc
    shape = msgspec.inspect.type_info(kind)
    for name, value in _overrides(environment, prefix):
        _override(table, name, value, shape)
    _refuse_unknown(table, shape, "")
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as exc:
        raise SettingsError(f"settings: {exc}") from exc


def _overrides(environment: Mapping[str, str], prefix: str) -> Iterator[tuple[list[str], str]]:
    start = f"{prefix}__"
    for variable in sorted(environment):
        if variable.startswith(start):
            yield variable.removeprefix(start).lower().split("__"), environment[variable]


def _override(table: Table, path: list[str], text: str, shape: msgspec.inspect.Type) -> None:
    for part in path[:-1]:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise SettingsError(f"setting {'.'.join(path)}: {part} is a value, not a section")
        table = inner
        shape = _fields(shape).get(part, shape)
    table[path[-1]] = _value(text, _fields(shape).get(path[-1]))


def _value(text: str, shape: msgspec.inspect.Type | None) -> object:
    """Read a variable as a TOML value where the setting is not plain text."""
    if isinstance(shape, msgspec.inspect.StrType):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _fields(shape: msgspec.inspect.Type) -> dict[str, msgspec.inspect.Type]:
    if isinstance(shape, msgspec.inspect.StructType | msgspec.inspect.DataclassType):
        return {field.encode_name: field.type for field in shape.fields}
    if isinstance(shape, msgspec.inspect.UnionType):
        for option in shape.types:
            if fields := _fields(option):
                return fields
    return {}


def _refuse_unknown(value: object, shape: msgspec.inspect.Type, where: str) -> None:
    if isinstance(shape, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
        for entry in value if isinstance(value, list) else ():
            _refuse_unknown(entry, shape.item_type, where)
        return
    fields = _fields(shape)
    if not fields or not isinstance(value, dict):
        return
    for key, inner in value.items():
        name = f"{where}.{key}" if where else key
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.4)
            right = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(fields))}"
            raise SettingsError(f"unknown setting {name}; {right}")
        _refuse_unknown(inner, fields[key], name)
