"""What the operating system says of this machine. Linux; what is not there is None."""

import ctypes
import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_THERMAL = Path("/sys/class/thermal")
_STATM = Path("/proc/self/statm")
_WATCHED = ("/", "/var", "/var/lib")
_TIMEX_BYTES = 512  # struct timex is 208 bytes on 64-bit Linux; the kernel writes no more
_TIME_ERROR = 5


@dataclass(frozen=True, slots=True)
class Disk:
    """One file system, in bytes; `free` is what an ordinary user may still write."""

    path: str
    size: int
    free: int

    @property
    def used_percent(self) -> float:
        """Used share of what an ordinary user can use, as df(1) counts it."""
        return 100.0 * (self.size - self.free) / self.size if self.size else 0.0


def disks(paths: tuple[str, ...] = _WATCHED) -> list[Disk]:
    """Return the file systems of these paths, each once."""
    found: dict[int, Disk] = {}
    for path in paths:
        try:
            device, stats = Path(path).stat().st_dev, os.statvfs(path)
        except OSError:
            continue
        used = (stats.f_blocks - stats.f_bfree) * stats.f_frsize
        free = stats.f_bavail * stats.f_frsize
        found.setdefault(device, Disk(path, used + free, free))
    return list(found.values())


def temperature_celsius(folder: Path = _THERMAL) -> float | None:
    """Return the hottest thermal zone."""
    readings: list[float] = []
    for file in folder.glob("thermal_zone*/temp"):
        try:
            readings.append(int(file.read_text()) / 1000)
        except (OSError, ValueError):
            continue
    return max(readings, default=None)


def memory_bytes() -> int | None:
    """Return this process's resident memory."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def cpu_seconds() -> float:
    """Return the processor time that this process has used."""
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def load() -> Mapping[str, float]:
    """Return the load averages by minutes."""
    return dict(zip(("1", "5", "15"), os.getloadavg(), strict=True))


def clock_synchronised() -> bool | None:
    """Say whether a time service keeps the clock right (adjtimex(2)); None if nobody can tell."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(
            ctypes.create_string_buffer(_TIMEX_BYTES)
        )
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR
