"""A disk that may lose its power at any moment of a recorded program's life."""

import os
import shutil
import subprocess
from pathlib import Path
from random import Random

from support.power.history import History
from support.power.trace import Record, read
from support.power.tree import clear

SOURCES = Path(__file__).parent
LIBRARY = "recorder.so"


def build(folder: Path) -> Path:
    """Compile the recorder into the folder, unless it is there, and return its path."""
    library = folder / LIBRARY
    if library.exists():
        return library
    compiler = shutil.which("gcc")
    if compiler is None:
        raise RuntimeError("simulated power loss needs a C compiler: apt-get install gcc libc6-dev")
    made = library.with_suffix(".new")
    done = subprocess.run(
        [
            compiler,
            *("-O2", "-Wall", "-Wextra", "-Werror", "-Wno-nonnull", "-fPIC", "-shared"),
            *("-o", str(made)),
            *map(str, sorted(SOURCES.glob("*.c"))),
            "-ldl",
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the recorder does not compile:\n{done.stderr.decode()}")
    made.chmod(0o755)
    return made.rename(library)


class PowerDisk:
    """A folder whose writes are recorded, so that it can lose power at any point of the recording.

    What lies in the folder when this is made counts as durable; nothing may be writing there then.
    Programs started with `environment` are recorded; trace and recorder lie beside each other, and
    a program that runs as another user must be able to go there.

    What survives follows ext4 with data=ordered, and where ext4 is kinder than it promises, the
    promise:

    - A completed fsync or fdatasync makes durable what was written to that file before it.
    - Any later page (4096 bytes) of any file is, each by itself, as the last sync left it, as it
      was last written, or torn: each sector (512 bytes) of any version in between. That a size
      grew by writing may be lost as well, or survive without the bytes (zeros are read then).
    - Changes of names (create, rename, link, unlink, mkdir, rmdir) and explicit changes of size
      (truncate, O_TRUNC, fallocate) are one ordered journal: the first n of them survive, and n
      counts at least those that a completed fsync of any file or folder has followed. An fdatasync
      commits the journal only where its own file is new or of a new size, as on ext4.
    - Bytes do not wait for names, nor names for bytes: a rename may survive without the bytes of
      the file (ext4's auto_da_alloc is not relied on). A file whose creation is lost is gone.
    - Owners and changes of mode are not recorded: all belongs to the folder's owner.

    A recorded program that was killed, its computer running on, may have recorded a last operation
    that was never performed: lose the power then, or begin a new PowerDisk.
    """

    def __init__(self, folder: Path, trace: Path) -> None:
        self.folder = folder.resolve()
        self.trace = trace.parent.resolve() / trace.name
        if self.trace.is_relative_to(self.folder):
            raise ValueError("the trace cannot lie in the folder that is recorded")
        self._library = build(self.trace.parent)
        self._base = self.trace.with_name(f"{self.trace.name}.base")
        self._read: tuple[int, list[Record]] = (0, [])
        self._begin()

    @property
    def environment(self) -> dict[str, str]:
        """What a program's environment needs so that it is recorded."""
        loaded = os.environ.get("LD_PRELOAD", "")
        return {
            "LD_PRELOAD": f"{loaded}:{self._library}" if loaded else str(self._library),
            "GENBA_RECORD_FOLDER": str(self.folder),
            "GENBA_RECORD_TRACE": str(self.trace),
        }

    def now(self) -> int:
        """Return the present point of the recording.

        What a program has acknowledged before must survive a power loss at this point or later.
        """
        return self.trace.stat().st_size

    def lose_power(self, random: Random, at: int | None = None, into: Path | None = None) -> None:
        """Make the folder as it may be found after a power loss at the point `at`, or now.

        With `into` that folder gets the image, and the recording stays as it is, for another power
        loss at another point. Otherwise it replaces the folder, whose programs must have ended, and
        the recording begins anew from there.
        """
        size = self.now()
        if self._read[0] != size:
            self._read = (size, read(self.trace.read_bytes()))
        history = History(self._base)
        history.play(self._read[1], size if at is None else at)
        history.write_out(self.folder if into is None else into, random)
        if into is None:
            self._begin()

    def _begin(self) -> None:
        clear(self._base)
        shutil.copytree(
            self.folder, self._base, symlinks=True, dirs_exist_ok=True, copy_function=_copy
        )
        owner = self.folder.stat()
        os.chown(self._base, owner.st_uid, owner.st_gid)
        self.trace.write_bytes(b"")
        self.trace.chmod(0o666)
        self._read = (0, [])


def _copy(source: str, target: str) -> None:
    if not Path(source).is_socket() and not Path(source).is_fifo():
        shutil.copy2(source, target)
