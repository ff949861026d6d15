"""A machine that a test can move: wall clock, boot, and free disk space of one process.

The edge of the hardware: the agent under test runs unchanged, and asks the C library as always.
"""

import mmap
import struct
import subprocess
import time
from functools import cache
from pathlib import Path
from uuid import uuid4

_SOURCE = Path(__file__).with_name("machine.c")
_CONTROL = struct.Struct("qqqq")
_UP_SECONDS = 20


@cache
def build(folder: Path) -> Path:
    """Compile the library into `folder`; needs gcc."""
    library = folder / "pretend.so"
    flags = ("-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
    command = ["gcc", *flags, "-o", str(library), str(_SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


class Machine:
    """The pretended hardware below the processes started with `environment`."""

    def __init__(self, library: Path, control: Path, folder: Path) -> None:
        """Begin as a machine whose clock NTP keeps; `folder` is where its disk may fill up."""
        self._boot_id = control.with_name(f"{control.name}.boot_id")
        self._boot_id.write_text(f"{uuid4()}\n")
        control.write_bytes(bytes(_CONTROL.size))
        with control.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), _CONTROL.size)
        self.environment = {
            "LD_PRELOAD": str(library),
            "GENBA_PRETEND_CONTROL": str(control),
            "GENBA_PRETEND_FOLDER": str(folder.resolve()),
        }

    def _set(self, **changes: int) -> None:
        names = ("wall_ns", "boot_ns", "unsynchronised", "full")
        values = dict(zip(names, _CONTROL.unpack(self._mapped[:]), strict=True)) | changes
        self._mapped[:] = _CONTROL.pack(*(values[name] for name in names))

    def move_wall(self, seconds: float) -> None:
        """Set the wall clock this far off the truth; as in Linux, that ends NTP's keeping."""
        self._set(wall_ns=int(seconds * 1e9), unsynchronised=1)

    def keep_time(self) -> None:
        """Let NTP set the wall clock and keep it."""
        self._set(wall_ns=0, unsynchronised=0)

    def fill_disk(self, full: bool) -> None:
        """Take the last free block, or give space back."""
        self._set(full=int(full))

    def boot_without_clock(self, wall_us: int) -> None:
        """Begin another boot at this wall time: no battery, no NTP. Call while nothing runs."""
        self._boot_id.write_text(f"{uuid4()}\n")
        boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._set(
            wall_ns=wall_us * 1_000 - time.time_ns(),
            boot_ns=_UP_SECONDS * 1_000_000_000 - boot_ns,
            unsynchronised=1,
        )
