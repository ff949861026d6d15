"""The settings files show the truth: what they say is the default is the default."""

import re
from pathlib import Path

import pytest

from agent.settings import Settings as AgentSettings
from agent.settings import load as load_agent
from server.settings import Settings as ServerSettings
from server.settings import load as load_server

CONFIG = Path(__file__).parents[2] / "config"
SETTING = re.compile(r"^# (?=\w+ = )", re.MULTILINE)


def without_comment_signs(name: str, folder: Path) -> Path:
    """Return a copy of the file in which every setting is set."""
    path = folder / name
    path.write_text(SETTING.sub("", (CONFIG / name).read_text()))
    return path


def test_server_settings_as_shown_are_the_defaults(tmp_path: Path) -> None:
    shown = without_comment_signs("server.toml", tmp_path)
    assert load_server(shown, {}) == ServerSettings()
    assert load_server(CONFIG / "server.toml", {}) == ServerSettings()


def test_agent_settings_as_shown_are_the_defaults(tmp_path: Path) -> None:
    shown = without_comment_signs("agent.toml", tmp_path)
    assert load_agent(shown, {}) == AgentSettings()
    assert load_agent(CONFIG / "agent.toml", {}) == AgentSettings()


@pytest.mark.parametrize(
    ("name", "settings"), [("server.toml", ServerSettings()), ("agent.toml", AgentSettings())]
)
def test_every_setting_is_shown(name: str, settings: object) -> None:
    text = (CONFIG / name).read_text()
    for section in settings.__struct_fields__:  # type: ignore[attr-defined]
        assert f"\n[{section}]\n" in text
        for key in getattr(settings, section).__struct_fields__:
            assert re.search(rf"^# {key} = ", text, re.MULTILINE), f"{section}.{key}"
