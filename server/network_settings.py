"""How the server meets the network: its front door, its announcement, its limits."""

import re

import msgspec

from contract.settings_file import SettingsError

# One label, and a whole name, of the letter-digit-hyphen rule (RFC 1123, 2.1).
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ADMIN = re.compile(r"unix//\S+|(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")


class FrontDoorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Caddy before the server. The site is reached as `<host>.local`, and by the other names.

    `admin` is where Caddy's admin API listens, in Caddy's own words.
    """

    enabled: bool = False
    host: str = "genba"
    names: list[str] = []
    public_name: str = ""
    admin: str = "unix//run/caddy/admin.sock"
    https_port: int = 443
    http_port: int = 80


class DiscoverySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The announcement by mDNS: on these interfaces, or (none named) on all but loopback."""

    enabled: bool = False
    interfaces: list[str] = []


LEAST_LINK_ROWS = 6_000


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many requests are taken: a minute, and for live sockets at once and a second.

    `link_rows_per_minute` is for one agent; it is slowed down beyond, and nothing is refused.
    """

    enabled: bool = True
    anonymous_per_minute: int = 100
    user_per_minute: int = 600
    address_per_minute: int = 3_000
    sign_in_per_minute: int = 20
    pairing_per_minute: int = 10
    handshake_per_minute: int = 120
    live_sockets_per_address: int = 100
    live_messages_per_second: int = 20
    link_rows_per_minute: int = 60_000


def check_front_door(front_door: FrontDoorSettings, port: int) -> None:
    """Raise SettingsError for a name that is none, or an admin API that others could reach."""
    if not _LABEL.fullmatch(front_door.host):
        raise SettingsError("front_door.host must be letters a-z, digits and hyphens, at most 63")
    for name in (*front_door.names, *filter(None, [front_door.public_name])):
        labels = name.split(".")
        if len(name) > 253 or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
            raise SettingsError(f"front_door: {name!r} is no host name such as box.example.jp")
    if not _ADMIN.fullmatch(front_door.admin):
        raise SettingsError("front_door.admin must be unix//PATH or 127.0.0.1:PORT")
    for key in ("https_port", "http_port"):
        if not 1 <= getattr(front_door, key) <= 65_535:
            raise SettingsError(f"front_door.{key} must be between 1 and 65535")
    if front_door.enabled and port == 0:
        raise SettingsError("front_door.enabled needs a fixed http.port")


def check_limits(limits: LimitSettings) -> None:
    """Raise SettingsError for a limit that would let nobody in."""
    for field in msgspec.structs.fields(LimitSettings):
        if field.name != "enabled" and getattr(limits, field.name) < 1:
            raise SettingsError(f"limits.{field.name} must be at least 1")
    # A slower link would pause for longer after one batch than its agent waits for an answer.
    if limits.link_rows_per_minute < LEAST_LINK_ROWS:
        raise SettingsError(f"limits.link_rows_per_minute must be at least {LEAST_LINK_ROWS}")
