"""The demo as a user runs it: it gets ready, a tap becomes a loan, Ctrl-C leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.sample_data import KIOSK_PIN

REPO = Path(__file__).parents[2]
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that Postgres' unprivileged user can reach too."""
    folder = Path(tempfile.mkdtemp(prefix="genba-demo-"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)


def two_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


class Demo:
    """One run of `scripts/demo`."""

    def __init__(self, data: Path, *options: str) -> None:
        self.port, self.agent_port = two_ports()
        self.data = data
        self.process = subprocess.Popen(
            [
                str(REPO / "scripts" / "demo"),
                "--no-browser",
                f"--port={self.port}",
                f"--agent-port={self.agent_port}",
                f"--data={data}",
                *options,
            ],
            env={**os.environ, "GENBA_PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []

    def ready(self) -> None:
        """Read what it says until it is ready."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "Ready." in line:
                return
        pytest.fail("the demo ended:\n" + "".join(self.said))

    def get(self, path: str) -> Any:
        token = (self.data / "admin-token").read_text()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {token}"}
        )
        with OPENER.open(request, timeout=10) as answer:
            return json.load(answer)

    def end(self) -> int:
        """Press Ctrl-C and wait."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        self.said.append(rest)
        return self.process.returncode


def processes_that_name(folder: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            text = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in text:
            found.append(path.name)
    return found


@pytest.mark.timeout(240)
def test_the_demo_shows_a_workshop_and_leaves_nothing_running(data: Path) -> None:
    demo = Demo(data)
    try:
        demo.ready()
        summary = demo.get("/api/v1/loans/summary")
        assert (summary["items"], summary["people"]) == (300, 59)
        assert summary["conflicts"] == 1
        with OPENER.open(f"http://127.0.0.1:{demo.agent_port}/", timeout=10) as page:
            assert b"<html" in page.read()
    finally:
        code = demo.end()
    assert code == 0, "".join(demo.said)
    assert "Stopped." in demo.said[-1]
    assert processes_that_name(data) == []
    again = Demo(data)
    try:
        again.ready()
        assert again.get("/api/v1/loans/summary")["items"] == 300
        [how] = [line for line in again.said if "To sign in at the kiosk" in line]
        assert f"PIN {KIOSK_PIN}" in how
        [foreman] = again.get("/api/v1/accounts?search=hancho")["items"]
        [card] = again.get(f"/api/v1/people/{foreman['person']}")["cards"]
        assert foreman["has_pin"]
        assert card["uid"] in how
    finally:
        again.end()


def test_a_taken_port_is_named_with_the_option_that_helps(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = Demo(data, f"--port={taken.getsockname()[1]}")
        code = demo.end() if demo.process.wait(60) is None else demo.process.returncode
        demo.end()
    assert code == 2
    assert "choose another: scripts/demo --port" in "".join(demo.said)


def test_a_folder_of_somebody_elses_is_not_thrown_away(data: Path) -> None:
    data.mkdir()
    (data / "thesis.txt").write_text("ten years of work")
    demo = Demo(data, "--reset")
    demo.process.wait(60)
    demo.end()
    assert "is not thrown away" in "".join(demo.said)
    assert (data / "thesis.txt").exists()
