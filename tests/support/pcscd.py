"""A real pcscd with virtual readers and cards, for tests.

pcscd's socket has a fixed place under /run. Where user namespaces are allowed each pcscd gets a
/run of its own, so that any user can run one and nothing of the machine is touched; elsewhere root
runs it in the usual place, one at a time.

vsmartcard's reader driver listens for the card on TCP (on all interfaces, it cannot be told
otherwise; its mode of connecting to the card writes into closed sockets and is not used).
"""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
HOW_TO_GET_IT = "apt-get install pcscd vsmartcard-vpcd, and user namespaces or root"

MIFARE_CLASSIC_ATR = "3B8F8001804F0CA000000306030001000000006A"
FELICA_ATR = "3B8F8001804F0CA00000030611003B0000000042"

_PCSCD = "/usr/sbin/pcscd"
_VPCD = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
_USUAL_SOCKET = Path("/run/pcscd/pcscd.comm")
_LOCK = Path(tempfile.gettempdir()) / "genba-test-pcscd.lock"
_DEADLINE_SECONDS = 10.0
_IN_NAMESPACE = (
    'mount -t tmpfs none /run && mkdir /run/pcscd && : > "/run/$2" && exec "$0" -f -c "$1"'
)
_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")


def namespaces_allowed() -> bool:
    """Say whether this user may mount in a user namespace."""
    if shutil.which("unshare") is None:
        return False
    probe = [*_UNSHARE, "mount", "-t", "tmpfs", "none", "/run"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def pcscd_available() -> bool:
    """Say whether a pcscd with virtual readers can be run here."""
    if not (Path(_PCSCD).exists() and Path(_VPCD).exists()):
        return False
    return namespaces_allowed() or (os.geteuid() == 0 and not _USUAL_SOCKET.exists())


@dataclass(frozen=True, slots=True)
class VirtualCard:
    """A contactless card: its UID in hex and its ATR; some leave, or refuse, when asked."""

    uid: str
    atr: str = MIFARE_CLASSIC_ATR
    leaves_when_asked: bool = False
    refuses: bool = False

    def answer(self, command: bytes) -> bytes:
        """Answer an APDU as a contactless reader would for its card."""
        if command == bytes.fromhex("FFCA000000") and not self.refuses:
            return bytes.fromhex(self.uid) + b"\x90\x00"
        return b"\x6a\x81"


class _Slot:
    """One card slot of a virtual reader: its port, and a thread while a card is in."""

    def __init__(self, reserved: socket.socket) -> None:
        self._reserved = reserved
        self._removed = threading.Event()
        self._connection: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def present(self, card: VirtualCard) -> None:
        self.remove()
        self._removed.clear()
        self._thread = threading.Thread(target=self._be, args=(card,), daemon=True)
        self._thread.start()

    def remove(self) -> None:
        self._removed.set()
        with self._lock:
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        self.remove()
        self._reserved.close()

    def _be(self, card: VirtualCard) -> None:
        # Again and again: a card that stays is found by the next pcscd too.
        while not self._removed.wait(0.01):
            with socket.socket() as connection:
                try:
                    connection.connect(self._reserved.getsockname())
                except OSError:
                    continue
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._connection = connection
                with suppress(OSError):
                    if not self._removed.is_set():
                        self._talk(connection, card)
                with self._lock:
                    self._connection = None

    def _talk(self, connection: socket.socket, card: VirtualCard) -> None:
        while (message := _receive(connection)) is not None:
            if message == b"\x04":
                _send(connection, bytes.fromhex(card.atr))
            elif len(message) > 1:
                if card.leaves_when_asked:
                    self._removed.set()
                    return
                _send(connection, card.answer(message))


class VirtualReader:
    """Two card slots, which PC/SC shows as two readers."""

    def __init__(self, name: str = "Virtual PCD") -> None:
        self.name = name
        first, second = _two_ports()
        self.port = first.getsockname()[1]
        self.slots = (_Slot(first), _Slot(second))

    def present(self, card: VirtualCard, slot: int = 0) -> None:
        """Lay a card on the reader; pcscd notices within 400 ms."""
        self.slots[slot].present(card)

    def remove(self, slot: int = 0) -> None:
        """Take the card away, if there is one."""
        self.slots[slot].remove()

    def close(self) -> None:
        """Give sockets and threads back."""
        for slot in self.slots:
            slot.close()

    def configuration(self) -> str:
        """Return the entry for pcscd's reader.conf.d."""
        return (
            f'FRIENDLYNAME "{self.name}"\n'
            f"DEVICENAME /dev/null:0x{self.port:04X}\n"
            f"LIBPATH {_VPCD}\n"
            f"CHANNELID 0x{self.port:04X}\n"
        )


class Pcscd:
    """A pcscd that is started, killed and started again; clients use `socket` all the while."""

    def __init__(self, home: Path, link: Path, *readers: VirtualReader) -> None:
        """Keep files in `home`; `link` is a short path that always leads to the running socket."""
        self._configuration = home / "reader.conf.d"
        self._configuration.mkdir()
        self._link = link
        self._log = home / "pcscd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        for reader in readers:
            self.configure(reader)

    def configure(self, reader: VirtualReader) -> None:
        """Make the reader known to the next start."""
        self._entry(reader).write_text(reader.configuration())

    def forget(self, reader: VirtualReader) -> None:
        """Make the reader unknown to the next start."""
        self._entry(reader).unlink()

    def _entry(self, reader: VirtualReader) -> Path:
        return self._configuration / reader.name.replace(" ", "-")

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        with self._log.open("ab") as log:
            if namespaces_allowed():
                marker = f"pcscd-{time.monotonic_ns()}"
                script = (_IN_NAMESPACE, _PCSCD, str(self._configuration), marker)
                command = [*_UNSHARE, "sh", "-c", *script]
                self._process = subprocess.Popen(command, stdout=log, stderr=log)
                root = Path(f"/proc/{self._process.pid}/root")
                ready, usual = root / "run" / marker, root / _USUAL_SOCKET.relative_to("/")
            else:
                self._lock = _LOCK.open("w")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                command = [_PCSCD, "-f", "-c", str(self._configuration)]
                self._process = subprocess.Popen(command, stdout=log, stderr=log)
                ready = usual = _USUAL_SOCKET
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not (ready.exists() and _accepts(usual)):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.kill()
                raise RuntimeError(f"pcscd did not start: {self._log.read_text()}")
            time.sleep(0.01)
        fresh = self._link.with_suffix(".new")
        fresh.symlink_to(usual)
        fresh.replace(self._link)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL), and wait for its end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._lock is not None:
            _USUAL_SOCKET.unlink(missing_ok=True)
            _USUAL_SOCKET.with_name("pcscd.pid").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def close(self) -> None:
        """End it."""
        self.kill()
        self._link.unlink(missing_ok=True)


def _bound(port: int) -> socket.socket:
    # Linux lets two sockets share a port with SO_REUSEADDR as long as at most one listens: so the
    # port stays ours while pcscd is down.
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound


def _two_ports() -> tuple[socket.socket, socket.socket]:
    """Reserve a port and its successor, as vpcd wants for its two slots."""
    while True:
        first = _bound(0)
        try:
            return first, _bound(first.getsockname()[1] + 1)
        except (OSError, OverflowError):
            first.close()


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _receive(connection: socket.socket) -> bytes | None:
    head = _exactly(connection, 2)
    return None if head is None else _exactly(connection, int.from_bytes(head, "big"))


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        # Without this each exchange waits 40 ms for a delayed acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(data))
        if not part:
            return None
        data += part
    return data


def _send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(len(data).to_bytes(2, "big") + data)
