"""A stand-in for the agent, at the wire only: serves kiosk/ and sends the States it is given."""

import logging
import mimetypes
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from contract.kiosk import AskSamples, FromKiosk, Samples, State
from contract.sign_in import PinAnswer

Message = TypeVar("Message", bound=msgspec.Struct)

KIOSK = Path(__file__).resolve().parents[2] / "kiosk"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
DEADLINE_S = 10.0

_MEDIA = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".ftl": "text/plain",
    ".svg": "image/svg+xml",
}


class FakeAgent:
    """Shows what it is told to and keeps what the page says; `samples` answers the drawer."""

    def __init__(self, root: Path = KIOSK) -> None:
        self.samples = Samples(people=(), items=())
        self.missing: set[str] = set()
        self.asked: list[str] = []
        self._root = root
        self._state: State | None = None
        self._revision = 0
        self._pages: set[ServerConnection] = set()
        self._lock = threading.Lock()
        self._said: queue.Queue[FromKiosk] = queue.Queue()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Listen; again on the same port after `stop`."""
        logger = logging.getLogger("fake_agent")
        logger.setLevel(logging.CRITICAL)
        self._server = serve(
            self._talk, "127.0.0.1", self._port, process_request=self._serve_file, logger=logger
        )
        self._port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        assert self._server and self._thread
        self._server.shutdown()
        with self._lock:
            pages = list(self._pages)
        for page in pages:
            page.close()
        self._thread.join(DEADLINE_S)

    def show(self, state: State) -> None:
        """Send this State, with the next revision, to every page now and to those that come."""
        with self._lock:
            self._revision += 1
            self._state = msgspec.structs.replace(state, revision=self._revision)
            text = msgspec.json.encode(self._state).decode()
            pages = list(self._pages)
        for page in pages:
            page.send(text)

    def tell(self, answer: PinAnswer) -> None:
        """Answer the page that sent a PIN; there is one."""
        for page in list(self._pages):
            page.send(msgspec.json.encode(answer).decode())

    def forget_revision(self) -> None:
        """Count from one again, as a new process does."""
        self._revision = 0

    def show_raw(self, message: dict[str, str]) -> None:
        """Send what no State is, as a later release might."""
        for page in list(self._pages):
            page.send(msgspec.json.encode(message).decode())

    def heard(self, kind: type[Message]) -> Message:
        """Return the next message of this kind; others are passed over."""
        message = self.heard_until(kind)[-1]
        assert isinstance(message, kind)
        return message

    def heard_until(self, kind: type[msgspec.Struct]) -> list[FromKiosk]:
        """Return all that is said up to the next message of this kind."""
        ends = time.monotonic() + DEADLINE_S
        said: list[FromKiosk] = []
        while not said or not isinstance(said[-1], kind):
            try:
                said.append(self._said.get(timeout=max(0.0, ends - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"the page never sent {kind.__name__}") from None
        return said

    def forget(self) -> None:
        """Drop what was heard so far."""
        while not self._said.empty():
            self._said.get_nowait()

    def _talk(self, page: ServerConnection) -> None:
        with self._lock:
            self._pages.add(page)
            text = msgspec.json.encode(self._state).decode() if self._state else None
        try:
            if text:
                page.send(text)
            for raw in page:
                message = msgspec.json.decode(raw, type=FromKiosk)
                self._said.put(message)
                if isinstance(message, AskSamples):
                    page.send(msgspec.json.encode(self.samples).decode())
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                self._pages.discard(page)

    def _serve_file(self, _page: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        if path == "/ws":
            return None
        self.asked.append(path)
        file = self._root / (path.lstrip("/") or "index.html")
        if path in self.missing or ".." in path or not file.is_file():
            return Response(404, "Not Found", Headers({"Content-Length": "0"}), b"")
        body = file.read_bytes()
        media = _MEDIA.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "text/html"
        headers = Headers(
            {
                "Content-Type": f"{media}; charset=utf-8",
                "Content-Length": str(len(body)),
                "Content-Security-Policy": CSP,
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
                "Connection": "close",
            }
        )
        return Response(200, "OK", headers, body)


@contextmanager
def running_agent(root: Path = KIOSK) -> Iterator[FakeAgent]:
    agent = FakeAgent(root)
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()
