"""Where the database is: on this machine, or encrypted."""

import re
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from contract.settings_file import SettingsError

# Those under which nobody on the way can read or stand in for the database (libpq, 34.19.1).
_ENCRYPTED = {"verify-ca", "verify-full"}


def checked_address(dsn: str) -> str:
    """Return the DSN. Raises SettingsError if it leads over a network, and not surely encrypted."""
    parts = urlsplit(dsn)
    if parts.scheme not in ("postgres", "postgresql"):
        raise SettingsError("database.dsn must begin with postgresql://")
    asked = parse_qs(parts.query)
    named = asked.get("host", [parts.netloc.rpartition("@")[2]])[-1]
    if all(_is_here(unquote(host)) for host in named.split(",")):
        return dsn
    if asked.get("sslmode", [""])[-1] not in _ENCRYPTED:
        raise SettingsError("a database on another machine wants ?sslmode=verify-full in its DSN")
    return dsn


def _is_here(host: str) -> bool:
    """Say whether a host, with or without its port, is a socket of this machine or its loopback."""
    if host == "" or host.startswith(("/", ":")):
        return True
    name = re.sub(r":\d*$", "", host).strip("[]") if host.count(":") < 2 or "]" in host else host
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
