"""The server's settings: `config/server.toml`, overridden by `GENBA_SERVER__SECTION__KEY`."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from contract.settings_file import SettingsError, read_settings
from server.database_address import checked_address
from server.kernel.mail import Relay, Tls
from server.mail_settings import MailSettings, check_mail
from server.network_settings import (
    DiscoverySettings,
    FrontDoorSettings,
    LimitSettings,
    check_front_door,
    check_limits,
)

PREFIX = "GENBA_SERVER"
SYSTEM_FILE = Path("/etc/genba/server.toml")
REPO_FILE = Path(__file__).parent.parent / "config" / "server.toml"
CREDENTIAL = "genba-database-dsn"
# Debian's Postgres lets an account of the machine into the database as the role of its own name
# (peer authentication over the socket): there is no password to keep, to leak or to change.
SOCKETS = Path("/run/postgresql")
LOCAL_DATABASE = "genba"
LEVELS = ("debug", "info", "warning", "error")
LANGUAGES = ("ja", "en")
MASK = "********"
SECRETS = ("dsn", "password")


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens; port 0 takes a free one. The outside reaches it through a proxy.

    With `share_port` several servers on one database take turns at the port (SO_REUSEPORT).
    """

    host: str = "127.0.0.1"
    port: int = 8080
    share_port: bool = False


class DatabaseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How Postgres is reached: a DSN, or a file of mode 0600 that holds it."""

    dsn: str = ""
    dsn_file: str = ""
    pool_max: int = 8


class SiteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What this place is called, its IANA time zone and its first language.

    `url` is where people's browsers reach it; links in mails begin with it.
    """

    name: str = "現場"
    zone: str = "Asia/Tokyo"
    language: str = "ja"
    url: str = ""


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The least severe level that is logged."""

    level: str = "info"


class RetentionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long things are kept that nobody needs for ever."""

    idempotency_hours: int = 24
    enrolment_days: int = 30
    checkpoint_months: int = 120


class AccountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of breached passwords as SHA-1, sorted, besides those that come with the product."""

    breached_passwords: str = ""


class AuditSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second folder for the journal's checkpoints, on another disk; it must be there."""

    copy_to: str = ""


class StateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The server's own folder: keys and what else must not lie in the database."""

    folder: str = "/var/lib/genba"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    http: HttpSettings = HttpSettings()
    database: DatabaseSettings = DatabaseSettings()
    site: SiteSettings = SiteSettings()
    log: LogSettings = LogSettings()
    retention: RetentionSettings = RetentionSettings()
    state: StateSettings = StateSettings()
    audit: AuditSettings = AuditSettings()
    front_door: FrontDoorSettings = FrontDoorSettings()
    discovery: DiscoverySettings = DiscoverySettings()
    limits: LimitSettings = LimitSettings()
    mail: MailSettings = MailSettings()
    accounts: AccountSettings = AccountSettings()


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read settings from `path`, or from the usual places; no file at all means the defaults.

    Raises SettingsError for a missing `path`, broken TOML, an unknown key, a wrong value.
    """
    if path is None:
        path = next((file for file in (SYSTEM_FILE, REPO_FILE) if file.exists()), None)
    try:
        document = b"" if path is None else path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from error
    settings = read_settings(Settings, document, environment, PREFIX)
    _check(settings)
    return settings


def database_dsn(
    settings: Settings, environment: Mapping[str, str] = os.environ, sockets: Path = SOCKETS
) -> str:
    """Return where the database is: the DSN set, its file, the systemd credential, this machine's.

    Raises SettingsError if there is none, if its file can be read by others, or if somebody on the
    way could read along.
    """
    database = settings.database
    if database.dsn and database.dsn_file:
        raise SettingsError("set database.dsn or database.dsn_file, not both")
    if database.dsn:
        return database.dsn
    if database.dsn_file:
        return checked_address(_secret(Path(database.dsn_file), "database.dsn_file"))
    if folder := environment.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder) / CREDENTIAL
        if credential.is_file():
            return checked_address(credential.read_text(encoding="utf-8").strip())
    if sockets.is_dir():
        return f"postgresql:///{LOCAL_DATABASE}?host={sockets}"
    raise SettingsError(
        f"no database is set, and Postgres has no socket in {sockets}: install it, or give "
        "database.dsn_file in the settings file, "
        f"{PREFIX}__DATABASE__DSN in the environment, or the systemd credential {CREDENTIAL}"
    )


def breached_file(settings: Settings) -> Path | None:
    """Return the site's own list of breached passwords, if any.

    Raises SettingsError if it is none: a password must not be let through for that.
    """
    name = settings.accounts.breached_passwords
    if not name:
        return None
    try:
        with Path(name).open("rb") as file:
            first = file.readline(100)
    except OSError as error:
        raise SettingsError(
            f"accounts.breached_passwords: cannot read {name}: {error.strerror}"
        ) from error
    if not re.match(rb"[0-9A-Fa-f]{40}\b", first):
        raise SettingsError(
            f"accounts.breached_passwords: {name} does not begin with a SHA-1 in hex"
        )
    return Path(name)


def mail_relay(settings: Settings) -> Relay | None:
    """Return who takes our mail, if anybody. Raises SettingsError if its password is no secret."""
    mail = settings.mail
    if not mail.host:
        return None
    password = mail.password
    if mail.password_file:
        password = _secret(Path(mail.password_file), "mail.password_file")
    return Relay(
        mail.host, mail.port, Tls(mail.tls), mail.sender, mail.user, password, mail.ca_file
    )


def shown(settings: Settings) -> str:
    """Return the settings as TOML, secrets masked."""
    lines: list[str] = []
    for section, table in msgspec.to_builtins(settings).items():
        lines.append(f"[{section}]")
        for key, value in table.items():
            kept = MASK if key in SECRETS and value else value
            # A JSON string or number is written the same way in TOML.
            lines.append(f"{key} = {msgspec.json.encode(kept).decode()}")
        lines.append("")
    return "\n".join(lines)


def _secret(path: Path, setting: str) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{setting}: cannot read {path}: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"{setting}: {path} can be read by others; run chmod 600 {path}")
    if not text:
        raise SettingsError(f"{setting}: {path} is empty")
    return text


def _check(settings: Settings) -> None:
    if not 0 <= settings.http.port <= 65_535:
        raise SettingsError("http.port must be between 0 and 65535")
    if not 2 <= settings.database.pool_max <= 100:
        raise SettingsError("database.pool_max must be between 2 and 100")
    if settings.database.dsn:
        checked_address(settings.database.dsn)
    try:
        ZoneInfo(settings.site.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError("site.zone must be an IANA time zone such as Asia/Tokyo") from error
    if settings.site.language not in LANGUAGES:
        raise SettingsError(f"site.language must be one of {', '.join(LANGUAGES)}")
    _check_url(settings.site.url)
    check_mail(settings.mail)
    if settings.log.level not in LEVELS:
        raise SettingsError(f"log.level must be one of {', '.join(LEVELS)}")
    for name in ("idempotency_hours", "enrolment_days", "checkpoint_months"):
        if getattr(settings.retention, name) < 1:
            raise SettingsError(f"retention.{name} must be at least 1")
    check_front_door(settings.front_door, settings.http.port)
    check_limits(settings.limits)


def _check_url(url: str) -> None:
    if not url:
        return
    parts = urlsplit(url)
    whole = parts.scheme in ("http", "https") and parts.hostname
    if not whole or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError("site.url must be like https://genba.example.jp, without a path")
