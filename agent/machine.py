"""What the heartbeat tells of the machine."""

import os
from pathlib import Path

TEMPERATURE_FILE = Path("/sys/class/thermal/thermal_zone0/temp")


def temperature_c(file: Path = TEMPERATURE_FILE) -> float | None:
    """Return the processor's temperature in degrees Celsius, or None where there is no sensor."""
    try:
        return int(file.read_text()) / 1_000
    except (OSError, ValueError):
        return None


def disk_free_bytes(folder: Path) -> int | None:
    """Return the space left for an ordinary user where `folder` lies."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
