"""The agent's settings and the file that documents them."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from agent.settings import REPO_FILE, Settings, load
from contract.settings_file import SettingsError


def test_the_file_that_comes_along_changes_nothing() -> None:
    assert load(REPO_FILE, {}) == Settings()


def test_every_commented_setting_in_the_file_is_the_default() -> None:
    text = REPO_FILE.read_text()
    uncommented = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    table = tomllib.loads(uncommented)
    assert msgspec.convert(table, Settings) == Settings()
    assert msgspec.to_builtins(Settings()).keys() == table.keys()
    for section, defaults in msgspec.to_builtins(Settings()).items():
        assert defaults.keys() == table[section].keys(), f"[{section}] documents all its settings"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml", {})


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SERVER__URL", "ftp://x", "server.url"),
        ("LOCAL__PORT", "70000", "local.port"),
        ("KIOSK__SESSION_SECONDS", "0", "kiosk.session_seconds"),
        ("KIOSK__LANGUAGE", "fr", "kiosk.language"),
        ("KIOSK__LANGAUGE", "ja", "did you mean language"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(variable: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load(REPO_FILE, {f"GENBA_AGENT__{variable}": value})
