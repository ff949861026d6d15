"""The agent's settings: `config/agent.toml`, overridden by `GENBA_AGENT__SECTION__KEY`."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agent.readers.settings import ReadersSettings
from agent.server_address import BadAddress, read_address
from contract.settings_file import SettingsError, read_settings

PREFIX = "GENBA_AGENT"
SYSTEM_FILE = Path("/etc/genba/agent.toml")
REPO_FILE = Path(__file__).parent.parent / "config" / "agent.toml"


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: empty means that the server is found by mDNS, or was typed when pairing."""

    url: str = ""


class DataSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`dir` holds the queue, the replica and the agent's key."""

    dir: str = "/var/lib/genba-agent"


class LocalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`port` on 127.0.0.1; 0 takes a free one."""

    port: int = 7071


class KioskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a session, a question and a result stay on the screen."""

    session_seconds: float = 20
    ask_seconds: float = 20
    done_seconds: float = 6
    language: str = "ja"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    server: ServerSettings = ServerSettings()
    data: DataSettings = DataSettings()
    local: LocalSettings = LocalSettings()
    kiosk: KioskSettings = KioskSettings()
    readers: ReadersSettings = ReadersSettings()


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read settings from `path`, or from the usual places; no file at all means the defaults.

    Raises SettingsError for a missing `path`, broken TOML, an unknown key, a wrong value.
    """
    if path is None:
        path = next((file for file in (SYSTEM_FILE, REPO_FILE) if file.exists()), None)
    try:
        document = b"" if path is None else path.read_bytes()
    except OSError as exc:
        raise SettingsError(f"cannot read the settings file {path}: {exc.strerror}") from exc
    settings = read_settings(Settings, document, environment, PREFIX)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.server.url:
        if not settings.server.url.startswith(("http://", "https://")):
            raise SettingsError("server.url must begin with http:// or https://")
        try:
            read_address(settings.server.url)
        except BadAddress as exc:
            raise SettingsError("server.url must be the address of a server") from exc
    if not 0 <= settings.local.port <= 65_535:
        raise SettingsError("local.port must be between 0 and 65535")
    for name in ("session_seconds", "ask_seconds", "done_seconds"):
        if not 1 <= getattr(settings.kiosk, name) <= 600:
            raise SettingsError(f"kiosk.{name} must be between 1 and 600")
    if settings.kiosk.language not in ("ja", "en"):
        raise SettingsError("kiosk.language must be ja or en")
