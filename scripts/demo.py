"""The demo: one command from a checkout to a kiosk that lends tools.

Makes the virtual environment, starts a private Postgres, loads a sample workshop, starts a server
and an agent, and opens their pages. Everything it writes is in one folder; Ctrl-C ends all of it.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from scripts import bootstrap  # noqa: E402

MARKER = "this-is-a-genba-demo"
# Where the data goes when the checkout lies in a folder that Postgres' user cannot enter.
FALLBACK = Path("/var/tmp/genba-demo")  # noqa: S108
PCSCD_SOCKET = Path("/run/pcscd/pcscd.comm")
DEMO_LOGIN = "demo"
COUNTER = ("工具室カウンター", "--place", "第一工場 1F")
START_SECONDS = 60
STOP_SECONDS = 10


class DemoError(Exception):
    """The demo cannot go on; the message says what to do."""


def main() -> int:
    """Run the demo until Ctrl-C; returns the process's exit code."""
    options = _options()
    try:
        python = bootstrap.ensure_environment(REPO)
        if Path(sys.prefix) != python.parent.parent:
            os.execv(python, [str(python), str(Path(__file__)), *sys.argv[1:]])  # noqa: S606
        return Demo(options).run()
    except (DemoError, bootstrap.BootstrapError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Run Genba on this machine with a sample workshop. Ctrl-C ends it.",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("--port", type=int, default=8080, help="of the server (8080)")
    parser.add_argument("--agent-port", type=int, default=7071, help="of the kiosk (7071)")
    parser.add_argument("--data", type=Path, help="folder for everything the demo writes (.demo)")
    parser.add_argument("--reset", action="store_true", help="throw that folder away first")
    parser.add_argument(
        "--fresh", action="store_true", help="begin anew as a new site does: no data, nobody yet"
    )
    return parser.parse_args()


class Child:
    """A part of the demo as a process of its own, with its output in a file."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path):
        self.name = name
        self.log = log
        with log.open("ab") as out:
            # Its own session: Ctrl-C reaches us alone, and we end the parts in order.
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=REPO,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise DemoError if it has ended."""
        if self.process.poll() is not None:
            tail = self.log.read_text(errors="replace").strip().splitlines()[-8:]
            raise DemoError(
                f"the {self.name} ended unexpectedly. Its last words (all in {self.log}):\n  "
                + "\n  ".join(tail)
            )

    def end(self) -> None:
        """Ask it to stop, and insist after a while."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Demo:
    """Starts the parts in order, watches them, and ends them in reverse."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._server_url = f"http://127.0.0.1:{options.port}"
        self._kiosk_url = f"http://127.0.0.1:{options.agent_port}/"

    def run(self) -> int:
        """Run until SIGINT or SIGTERM."""
        # A shell starts what runs in its background deaf to Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        for port, option in (
            (self._options.port, "--port"),
            (self._options.agent_port, "--agent-port"),
        ):
            if not _is_free(port):
                raise DemoError(
                    f"port {port} is taken; choose another: scripts/demo {option} {port + 1000}"
                )
        data = self._folder()
        with contextlib.ExitStack() as parts:
            self._start(data, parts)
            with contextlib.suppress(KeyboardInterrupt):
                self._watch()
            print("\nStopping …", flush=True)
        print("Stopped. Start again with ./scripts/demo; begin anew with ./scripts/demo --reset")
        return 0

    def _start(self, data: Path, parts: contextlib.ExitStack) -> None:
        from scripts.embedded_postgres import EmbeddedPostgres, PostgresError

        _say("Starting Postgres")
        postgres = EmbeddedPostgres(data / "postgres")
        try:
            dsn = postgres.start()
        except PostgresError as error:
            raise DemoError(str(error)) from error
        parts.callback(postgres.stop)
        server_environment = {
            **os.environ,
            "GENBA_SERVER__HTTP__PORT": str(self._options.port),
            "GENBA_SERVER__DATABASE__DSN": dsn,
            "GENBA_SERVER__STATE__FOLDER": str(data / "server"),
        }
        if not self._fresh:
            server_environment["GENBA_SERVER__SITE__NAME"] = "みなと精機 第一工場"
        _say("Preparing the database")
        self._command(server_environment, "server", "migrate")
        token = self._token(data, server_environment)

        _say("Starting the server")
        self._children = [
            self._child("server", ["server", "serve"], server_environment, data, parts)
        ]
        self._wait(f"{self._server_url}/api/system/health")

        agent_environment = {
            **os.environ,
            "GENBA_AGENT__SERVER__URL": self._server_url,
            "GENBA_AGENT__DATA__DIR": str(data / "agent"),
            "GENBA_AGENT__LOCAL__PORT": str(self._options.agent_port),
            "GENBA_AGENT__READERS__VIRTUAL": "true",
        }
        if not _real_readers():
            agent_environment["GENBA_AGENT__READERS__PCSC"] = "false"
        (data / "agent").mkdir(exist_ok=True)
        # A fresh one waits on its screen to be added, as it would out of its box.
        if not self._fresh and not _is_enrolled(data / "agent" / "agent-key.json"):
            _say("Enrolling the agent")
            enrolment = self._command(server_environment, "server", "enrol", *COUNTER)
            secret = enrolment.strip().splitlines()[-1]
            self._command(agent_environment, "agent", "enrol", "--token", secret)
        if not self._fresh:
            _say("Loading the sample workshop")
            self._command(server_environment, "scripts.sample_data", dsn, show=True)
        _say("Starting the agent")
        self._children.append(
            self._child("agent", ["agent", "run"], agent_environment, data, parts)
        )
        self._wait(f"{self._kiosk_url}health")
        self._introduce(server_environment, token, data)

    def _folder(self) -> Path:
        data = (self._options.data or REPO / ".demo").absolute()
        if self._options.data is None and os.geteuid() == 0 and not _others_can_enter(REPO):
            data = FALLBACK
            print(f"The checkout is private to root: the demo keeps its data in {data}")
        if (self._options.reset or self._options.fresh) and data.exists():
            if not (data / MARKER).exists():
                raise DemoError(f"{data} was not made by the demo; it is not thrown away")
            _say(f"Throwing away {data}")
            shutil.rmtree(data)
        if data.exists() and any(data.iterdir()) and not (data / MARKER).exists():
            raise DemoError(f"{data} holds something else; choose an empty folder with --data")
        data.mkdir(parents=True, exist_ok=True)
        if self._options.fresh or not (data / MARKER).exists():
            (data / MARKER).write_text("fresh" if self._options.fresh else "sample")
        self._fresh = (data / MARKER).read_text() == "fresh"
        return data

    def _token(self, data: Path, environment: dict[str, str]) -> str:
        kept = data / "admin-token"
        if not kept.exists():
            printed = self._command(environment, "server", "token", "demo")
            kept.touch(mode=0o600)
            kept.write_text(printed.strip().splitlines()[-1])
        return kept.read_text().strip()

    def _command(self, environment: dict[str, str], *arguments: str, show: bool = False) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=REPO,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DemoError(f"{' '.join(arguments[:2])} failed:\n{done.stderr.strip()[-2000:]}")
        if show:
            print(done.stdout, end="")
        return done.stdout

    def _child(
        self,
        name: str,
        arguments: list[str],
        environment: dict[str, str],
        data: Path,
        parts: contextlib.ExitStack,
    ) -> Child:
        child = Child(name, arguments, environment, data / f"{name}.log")
        parts.callback(child.end)
        return child

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            self._children[-1].check()
            if time.monotonic() > deadline:
                raise DemoError(f"{url} does not answer; see {self._children[-1].log}")
            time.sleep(0.1)

    def _watch(self) -> None:
        while True:
            for child in self._children:
                child.check()
            time.sleep(0.5)

    def _introduce(self, environment: dict[str, str], token: str, data: Path) -> None:
        admin, what = self._admin(environment, token)
        print(f"\n  Kiosk   {self._kiosk_url}\n  Admin   {admin}\n          {what}\n")
        people, items = self._cards(token)
        if people or items:
            print("  Cards to tap (the drawer on the kiosk page has them all):")
        for uid, name in [*people, *items]:
            print(f"    {uid:<16}  {name}")
        if how := self._kiosk_sign_in(token):
            print(f"  To sign in at the kiosk: {how}")
        if _real_readers():
            print("\n  A PC/SC reader on this machine works as well.")
        else:
            print(
                "\n  No PC/SC service here (pcscd, or pyscard for lack of a compiler): the drawer's"
                "\n  virtual reader is used. On Debian, ./scripts/test installs what is missing."
            )
        print(f"  Data and logs: {data}\n\n  Ready. Ctrl-C ends everything.", flush=True)
        if not self._options.no_browser and _has_screen():
            webbrowser.open(admin)
            webbrowser.open(self._kiosk_url)

    def _admin(self, environment: dict[str, str], token: str) -> tuple[str, str]:
        """Return where the admin begins, and what that link does."""
        if not self._fresh:
            make, what = ["sign-in-link", DEMO_LOGIN], "This link signs you in, once."
        elif _get(f"{self._server_url}/api/v1/welcome", token)["set_up"]:
            return self._server_url, "Sign in as you chose when you set the site up."
        else:
            make, what = ["setup-link"], "This link sets the site up and makes you its admin."
        made = self._command(environment, "server", *make).strip().splitlines()[-1]
        # By number, as the kiosk: a cookie belongs to one name.
        return f"{self._server_url}/{made[made.index('#') :]}", what

    def _kiosk_sign_in(self, token: str) -> str:
        """Return the card and PIN of the sample's account; empty for data without one."""
        from scripts.sample_data import KIOSK_LOGIN, KIOSK_PIN

        found = _get(f"{self._server_url}/api/v1/accounts?search={KIOSK_LOGIN}", token)["items"]
        for account in found:
            if account["has_pin"] and account["person"]:
                person = _get(f"{self._server_url}/api/v1/people/{account['person']}", token)
                return f"card {person['cards'][0]['uid']} ({person['name']}), PIN {KIOSK_PIN}"
        return ""

    def _cards(self, token: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        people = _get(f"{self._server_url}/api/v1/people?limit=4&status=active", token)
        items = _get(f"{self._server_url}/api/v1/items?limit=4&on_loan=false", token)
        return (
            [(p["cards"][0]["uid"], p["name"]) for p in people["items"] if p["cards"]],
            [
                (i["tags"][0]["uid"], f"{i['code']} {i['name']}")
                for i in items["items"]
                if i["tags"]
            ],
        )


def _say(what: str) -> None:
    print(f"• {what} …", flush=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _others_can_enter(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _is_enrolled(identity: Path) -> bool:
    """Say whether the demo's agent has a key; one of an earlier build had a bearer key."""
    return identity.exists() and '"private_key"' in identity.read_text(encoding="utf-8")


def _real_readers() -> bool:
    """Say whether pyscard is installed and pcscd runs, or would be started by its socket."""
    return importlib.util.find_spec("smartcard") is not None and PCSCD_SOCKET.exists()


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


# Never through a proxy: these are our own processes on loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _answers(url: str) -> bool:
    try:
        with _OPENER.open(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, urllib.error.URLError):
        return False


def _get(url: str, token: str) -> Any:
    request = urllib.request.Request(  # noqa: S310
        url, headers={"Authorization": f"Bearer {token}"}
    )
    with _OPENER.open(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
