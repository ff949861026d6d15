"""The virtual environment that the demo and the tests run in: made once, checked by lock files.

Runs before anything is installed: standard library only.
"""

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

VERSIONS = ((3, 11), (3, 14))
CORE = "requirements.lock"
DEVELOPMENT = "requirements-dev.lock"
READERS = "requirements-readers.lock"
PIP = Path(__file__).resolve().parent / "wheels" / "pip-26.3-py3-none-any.whl"


class BootstrapError(Exception):
    """The environment cannot be made; the message says what to install."""


def ensure_environment(repo: Path, *, development: bool = False) -> Path:
    """Return the Python of `repo/.venv`, made and filled as the lock files say.

    Card reader libraries are tried and may fail: they need a compiler. Raises BootstrapError.
    """
    environment = repo / ".venv"
    python = environment / "bin" / "python"
    if not python.exists():
        _create(environment)
    for lock in (CORE, DEVELOPMENT) if development else (CORE,):
        _install(python, repo / lock)
    _install_readers(python, repo / READERS)
    # The checkout itself is importable from anywhere; no build step, nothing to go stale.
    for packages in environment.glob("lib/python3*/site-packages"):
        (packages / "genba-checkout.pth").write_text(f"{repo}\n")
    return python


def _create(environment: Path) -> None:
    if not VERSIONS[0] <= sys.version_info[:2] < VERSIONS[1]:
        raise BootstrapError(f"Python 3.11 to 3.13 is needed, this is {sys.version.split()[0]}")
    say("Making the virtual environment")
    shutil.rmtree(environment, ignore_errors=True)
    made = _run([sys.executable, "-m", "venv", str(environment)])
    if made.returncode != 0:
        # A bare Debian has Python without ensurepip: the checkout brings pip itself.
        shutil.rmtree(environment, ignore_errors=True)
        made = _run([sys.executable, "-m", "venv", "--without-pip", str(environment)])
        python = environment / "bin" / "python"
        if made.returncode == 0:
            installer = [str(python), str(PIP / "pip"), "install", "--no-index", str(PIP)]
            made = _run(installer)
    if made.returncode != 0:
        shutil.rmtree(environment, ignore_errors=True)
        raise BootstrapError(
            "Python's venv module does not work here. On Debian: sudo apt install python3-venv\n"
            + made.stdout[-1000:]
        )


def _install(python: Path, lock: Path) -> None:
    """Install a lock file unless this very file was installed before."""
    stamp = python.parent.parent / f"{lock.name}.installed"
    if _stamped(stamp, lock):
        return
    say(f"Installing what {lock.name} lists (once; some minutes on a Pi)")
    done = _pip(python, lock)
    if done.returncode != 0:
        raise BootstrapError(f"pip could not install {lock.name}:\n{done.stdout[-2000:]}")
    _stamp(stamp, lock)


def _install_readers(python: Path, lock: Path) -> None:
    stamp = python.parent.parent / f"{lock.name}.installed"
    # A failure is remembered too, until a compiler or the headers appear.
    tools = f"{shutil.which('gcc')} {Path('/usr/include/PCSC/winscard.h').exists()}"
    if _stamped(stamp, lock) or _stamped(stamp, lock, tools):
        return
    say("Installing card reader libraries")
    if _pip(python, lock).returncode == 0:
        _stamp(stamp, lock)
        return
    _stamp(stamp, lock, tools)
    print(
        "  They need a compiler and headers, which are missing; only the virtual reader works.\n"
        "  On Debian: sudo apt install gcc python3-dev libpcsclite-dev swig",
        flush=True,
    )


def _pip(python: Path, lock: Path) -> "subprocess.CompletedProcess[str]":
    arguments = ["install", "--require-hashes", "--no-deps", "--disable-pip-version-check"]
    return _run([str(python), "-m", "pip", *arguments, "-r", str(lock)])


def _stamped(stamp: Path, lock: Path, extra: str = "") -> bool:
    try:
        return stamp.read_text() == _digest(lock, extra)
    except OSError:
        return False


def _stamp(stamp: Path, lock: Path, extra: str = "") -> None:
    stamp.write_text(_digest(lock, extra))


def _digest(lock: Path, extra: str) -> str:
    return hashlib.sha256(lock.read_bytes() + extra.encode()).hexdigest()


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command; a line of dots shows that it is still at it."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output: list[str] = []
    assert process.stdout is not None
    shown = time.monotonic()
    for line in process.stdout:
        output.append(line)
        if time.monotonic() - shown > 2:
            shown = time.monotonic()
            print(f"    {line.strip()[:90]}", flush=True)
    return subprocess.CompletedProcess(command, process.wait(), "".join(output))


def say(what: str) -> None:
    """Tell what is being done."""
    print(f"• {what} …", flush=True)
