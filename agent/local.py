"""HTTP and WebSocket on 127.0.0.1 for the kiosk's page.

Only the agent's own page may connect: the Host header must name this machine (a page of another
site whose name was rebound to 127.0.0.1 does not), and a WebSocket's Origin must be the agent's.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from agent.assets import Asset
from contract.decoding import UNDECODABLE
from contract.kiosk import (
    AskSamples,
    ConfirmPairing,
    Drawing,
    Extend,
    Finish,
    FromKiosk,
    Pair,
    PairWith,
    Samples,
    StartPairing,
    State,
    StopPairing,
    Tap,
    Undo,
)
from contract.link import CLOSE_MALFORMED
from contract.sign_in import EnterPin, PinAnswer

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
MAX_PAGES = 16
MAX_FROM_PAGE_BYTES = 16 * 1024
SLOW_SECONDS = 5.0
CLOSE_CROWDED = 4013

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_encode = msgspec.json.Encoder().encode
_decode: Callable[[bytes | str], FromKiosk] = msgspec.json.Decoder(FromKiosk).decode


class _Page:
    """One open page: a slot for the newest State, and small answers. A State replaces the last."""

    def __init__(self, socket: ServerConnection, slow_seconds: float) -> None:
        self.socket = socket
        self._slow_seconds = slow_seconds
        self._newest: str | None = None
        self._answers: list[str] = []
        self._filled = asyncio.Event()
        self.asking: asyncio.Task[None] | None = None

    def show(self, text: str) -> None:
        self._newest = text
        self._filled.set()

    def answer(self, text: str) -> None:
        self._answers = [*self._answers[-3:], text]
        self._filled.set()

    async def write(self) -> None:
        """Send what fills the slots; a page that takes nothing for long is dropped."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            texts, self._answers = self._answers, []
            if self._newest is not None:
                texts, self._newest = [self._newest, *texts], None
            try:
                async with asyncio.timeout(self._slow_seconds):
                    for text in texts:
                        await self.socket.send(text)
            except TimeoutError:
                log.warning("slow page dropped")
                self.socket.transport.abort()
                return


class Local:
    """Serves files, health and the page's WebSocket. `show` puts a State on all pages."""

    def __init__(
        self,
        assets: Mapping[str, Asset],
        tapped: Callable[[Tap], None] | None,
        touched: Callable[[Undo | Finish | Extend], None],
        samples: Callable[[str], Samples],
        health: Callable[[], Awaitable[bytes]],
        pair: Callable[[Pair], None],
        enter_pin: Callable[[str], Awaitable[PinAnswer]],
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        """`tapped` is None where there is no virtual reader: then a page's taps are ignored."""
        self._assets = assets
        self._tapped = tapped
        self._touched = touched
        self._samples = samples
        self._health = health
        self._pair = pair
        self._enter_pin = enter_pin
        self._slow_seconds = slow_seconds
        self._pages: set[_Page] = set()
        self._state: str | None = None
        self._drawn: float | None = None
        self._port = 0

    @asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[int]:
        """Listen on 127.0.0.1 until the block ends; yields the port (0 asks for a free one)."""
        async with serve(
            self._serve_page,
            HOST,
            port,
            process_request=self._answer,
            compression=None,
            max_size=MAX_FROM_PAGE_BYTES,
            ping_interval=20,
            ping_timeout=20,
            close_timeout=1,
            server_header=None,
        ) as server:
            self._port = _port_of(server)
            yield self._port

    def show(self, state: State) -> None:
        """Send a State to all pages; encoded once."""
        self._state = _encode(state).decode()
        for page in self._pages:
            page.show(self._state)

    def open_pages(self) -> int:
        """Return how many pages are connected."""
        return len(self._pages)

    def seconds_since_drawing(self) -> float | None:
        """Return how long ago a page last said that it draws."""
        return None if self._drawn is None else time.monotonic() - self._drawn

    # --- HTTP

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        names = {f"{name}:{self._port}" for name in (HOST, "localhost")}
        if request.headers.get_all("Host")[:2] not in [[name] for name in names]:
            return _plain(HTTPStatus.FORBIDDEN, "This address is for this machine's own page.")
        path = request.path.partition("?")[0]
        if path == "/ws":
            origins = request.headers.get_all("Origin")
            if origins not in [[f"http://{name}"] for name in names]:
                return _plain(HTTPStatus.FORBIDDEN, "Another site's page may not connect.")
            return None
        if path == "/health":
            return _reply(HTTPStatus.OK, await self._health(), "application/json", "no-store")
        asset = self._assets.get(path)
        if asset is None:
            return _plain(HTTPStatus.NOT_FOUND, "There is no such file.")
        if asset.etag in request.headers.get_all("If-None-Match"):
            return _reply(
                HTTPStatus.NOT_MODIFIED, b"", asset.content_type, asset.cache_control, asset.etag
            )
        return _reply(
            HTTPStatus.OK, asset.body, asset.content_type, asset.cache_control, asset.etag
        )

    # --- WebSocket

    async def _serve_page(self, socket: ServerConnection) -> None:
        if len(self._pages) >= MAX_PAGES:
            await socket.close(CLOSE_CROWDED, "too many pages")
            return
        page = _Page(socket, self._slow_seconds)
        if self._state is not None:
            page.show(self._state)
        self._pages.add(page)
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(page.write())
                await self._read_page(page, group)
                writer.cancel()
                if page.asking is not None:
                    page.asking.cancel()
        except* ConnectionClosed:
            pass
        finally:
            self._pages.discard(page)

    async def _read_page(self, page: _Page, group: asyncio.TaskGroup) -> None:
        async for data in page.socket:
            try:
                message = _decode(data)
            except UNDECODABLE:
                await page.socket.close(CLOSE_MALFORMED, "malformed message")
                return
            match message:
                case Drawing():
                    self._drawn = time.monotonic()
                case AskSamples(search=search):
                    if self._tapped is not None:
                        page.answer(_encode(self._samples(search)).decode())
                case Tap():
                    if self._tapped is not None:
                        self._tapped(message)
                case Undo() | Finish() | Extend():
                    self._touched(message)
                case EnterPin(pin=pin):
                    # Beside the page's other messages: no tap and no touch waits for the server.
                    if page.asking is None or page.asking.done():
                        page.asking = group.create_task(self._answer_pin(page, pin))
                case StartPairing() | PairWith() | StopPairing() | ConfirmPairing():
                    self._pair(message)

    async def _answer_pin(self, page: _Page, pin: str) -> None:
        page.answer(_encode(await self._enter_pin(pin)).decode())


def _plain(status: HTTPStatus, text: str) -> Response:
    return _reply(status, f"{text}\n".encode(), "text/plain; charset=utf-8", "no-store")


def _reply(
    status: HTTPStatus, body: bytes, content_type: str, cache_control: str, etag: str = ""
) -> Response:
    headers = Headers(_SECURITY)
    headers["Content-Type"] = content_type
    headers["Content-Length"] = str(len(body))
    headers["Cache-Control"] = cache_control
    headers["Connection"] = "close"
    if etag:
        headers["ETag"] = etag
    return Response(status.value, status.phrase, headers, body)


def _port_of(server: Server) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port
