"""A one-time token makes an agent one of the site's, and tells it which site that is."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from agent.enrolment import EnrolError, enrol
from agent.identity import public_key
from contract.proof import site_fingerprint

SITE_KEY = b"s" * 32
GOOD = f"good.{site_fingerprint(SITE_KEY, '')}"
FOREIGN = f"good.{site_fingerprint(b'x' * 32, '')}"


class Enrolling(BaseHTTPRequestHandler):
    """Takes in whoever has the token `good`."""

    asked: list[dict[str, str]]

    def do_GET(self) -> None:
        """Answer what the site is known by."""
        self._answer(200, {"site_key": base64.b64encode(SITE_KEY).decode(), "ca": ""})

    def do_POST(self) -> None:
        """Answer as the server does."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(sent)
        known = self.path == "/api/v1/devices/enrol" and sent["token"] == GOOD
        key = base64.b64encode(SITE_KEY).decode()
        taken = {"agent": "agent-1", "name": "門番", "site_key": key, "ca": ""}
        self._answer(200 if known else 403, taken if known else {"type": "/problems/no"})

    def _answer(self, status: int, body: object) -> None:
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Enrolling.asked = []
    with HTTPServer(("127.0.0.1", 0), Enrolling) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_token_makes_an_agent_whose_key_never_leaves_it(url: str) -> None:
    identity = enrol(url, GOOD)
    assert (identity.agent, identity.name, identity.server) == ("agent-1", "門番", url)
    assert identity.site_key == SITE_KEY
    (asked,) = Enrolling.asked
    assert base64.b64decode(asked["agent_key"]) == public_key(identity.private_key)
    assert base64.b64encode(identity.private_key).decode() not in json.dumps(asked)


def test_another_sites_server_is_not_shown_the_token(url: str) -> None:
    with pytest.raises(EnrolError, match="not the server that made this token"):
        enrol(url, FOREIGN)
    assert Enrolling.asked == []


@pytest.mark.parametrize(("token", "says"), [("bad." + GOOD[5:], "403"), ("odd", "no enrolment")])
def test_what_the_server_does_not_grant_is_an_error(url: str, token: str, says: str) -> None:
    with pytest.raises(EnrolError, match=says):
        enrol(url, token)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1", "http://"])
def test_an_address_that_is_no_server_is_an_error(url: str) -> None:
    with pytest.raises(EnrolError):
        enrol(url, GOOD)
