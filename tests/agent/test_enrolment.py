"""A one-time token becomes a key that only its owner can read."""

import json
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from agent.enrolment import KEY_FILE, EnrolError, Identity, enrol, load_identity, store_identity
from contract.ids import AgentId

MINE = Identity(AgentId("agent-1"), "門番", "k3y")


class Enrolling(BaseHTTPRequestHandler):
    """Gives a key for the token `good`."""

    def do_POST(self) -> None:
        """Answer as the server does."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.path == "/api/v1/devices/enrol" and sent == {"token": "good"}
        body = {"agent": "agent-1", "name": "門番", "key": "k3y"} if known else {"type": "no"}
        answer = b"<html>" if sent == {"token": "odd"} else json.dumps(body).encode()
        self.send_response(200 if known or answer == b"<html>" else 403)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Enrolling) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_token_becomes_a_key(url: str) -> None:
    assert enrol(url, "good") == MINE


@pytest.mark.parametrize(("token", "says"), [("bad", "403"), ("odd", "no usable answer")])
def test_what_the_server_does_not_grant_is_an_error(url: str, token: str, says: str) -> None:
    with pytest.raises(EnrolError, match=says):
        enrol(url, token)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1"])
def test_an_address_that_is_no_server_is_an_error(url: str) -> None:
    with pytest.raises(EnrolError):
        enrol(url, "good")


def test_the_key_is_stored_for_its_owner_only_and_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store_identity(folder, Identity(AgentId("old"), "old", "old"))
    store_identity(folder, MINE)
    assert load_identity(folder) == MINE
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == [KEY_FILE]


def test_no_key_or_a_broken_one_is_no_identity(tmp_path: Path) -> None:
    assert load_identity(tmp_path) is None
    (tmp_path / KEY_FILE).write_text("{")
    assert load_identity(tmp_path) is None
