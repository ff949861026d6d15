"""The kiosk's page over real HTTP and WebSocket on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent.assets import read_assets
from agent.local import CLOSE_CROWDED, MAX_PAGES, Local
from contract.cards import CardUid
from contract.kiosk import (
    Extend,
    Finish,
    LinkView,
    Pair,
    SampleCard,
    Samples,
    State,
    Tap,
    ToKiosk,
    Undo,
    Waiting,
)
from contract.link import CLOSE_MALFORMED
from contract.sign_in import EnterPin, PinAnswer, SignInResult

LONG_ENOUGH = 10


class Kiosk:
    """An opened Local, with what pages have sent."""

    def __init__(self, folder: Path, *, virtual: bool = True) -> None:
        self.taps: list[Tap] = []
        self.touches: list[Undo | Finish | Extend] = []
        self.searches: list[str] = []
        self.pairs: list[Pair] = []
        self.pins: list[str] = []
        self.let_in = asyncio.Event()
        self.heard = asyncio.Event()
        self.port = 0
        self.local = Local(
            read_assets(folder),
            self._tapped if virtual else None,
            self._touched,
            self._samples,
            self._health,
            self.pairs.append,
            self._enter_pin,
            slow_seconds=0.2,
        )

    def _tapped(self, tap: Tap) -> None:
        self.taps.append(tap)
        self.heard.set()

    def _touched(self, touch: Undo | Finish | Extend) -> None:
        self.touches.append(touch)
        self.heard.set()

    def _samples(self, search: str) -> Samples:
        self.searches.append(search)
        return Samples((SampleCard(CardUid("01020304"), "山田"),), ())

    async def _enter_pin(self, pin: str) -> PinAnswer:
        self.pins.append(pin)
        await self.let_in.wait()
        return PinAnswer(SignInResult.OK, "ticket", "https://genba.local")

    async def _health(self) -> bytes:
        return b'{"ready":true}'

    def page(self, origin: str | None = "own", path: str = "/ws", max_queue: int = 16) -> connect:
        own = f"http://127.0.0.1:{self.port}"
        return connect(
            f"ws://127.0.0.1:{self.port}{path}",
            origin=own if origin == "own" else origin,  # type: ignore[arg-type]
            proxy=None,
            max_queue=max_queue,
        )

    async def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send a request as it stands; nothing tidies the path."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = {"Host": f"127.0.0.1:{self.port}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        text = f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        writer.write(f"{text}\r\n".encode())
        async with asyncio.timeout(LONG_ENOUGH):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in rest)
        return int(first.split()[1]), fields, body


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "kiosk"
    (site / "kit").mkdir(parents=True)
    (site / "index.html").write_text("<!doctype html><title>現場</title>")
    (site / "kit" / "live.js").write_text("export const live = 1;\n")
    (site / ".secret").write_text("no")
    (tmp_path / "outside.txt").write_text("no")
    return site


@pytest.fixture
async def kiosk(folder: Path) -> AsyncIterator[Kiosk]:
    made = Kiosk(folder)
    async with made.local.open(0) as port:
        made.port = port
        yield made


def state(revision: int, agent: str = "") -> State:
    return State(revision, Waiting(), (), LinkView(True, 0), agent=agent)


async def received(page: ClientConnection) -> ToKiosk:
    async with asyncio.timeout(LONG_ENOUGH):
        message: ToKiosk = msgspec.json.decode(await page.recv(), type=ToKiosk)
        return message


async def test_the_page_is_served_and_never_stored(kiosk: Kiosk) -> None:
    for path in ("/", "/index.html", "/?lang=en"):
        status, headers, body = await kiosk.get(path)
        assert status == 200
        assert "現場" in body.decode()
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Type"] == "text/html; charset=utf-8"


async def test_scripts_are_revalidated_by_their_etag(kiosk: Kiosk) -> None:
    status, headers, body = await kiosk.get("/kit/live.js")
    assert (status, body) == (200, b"export const live = 1;\n")
    assert headers["Content-Type"].startswith("text/javascript")
    again, _, empty = await kiosk.get("/kit/live.js", If_None_Match=headers["ETag"])
    assert (again, empty) == (304, b"")


async def test_every_answer_has_the_security_headers(kiosk: Kiosk) -> None:
    for path in ("/", "/kit/live.js", "/health", "/missing.js"):
        _, headers, _ = await kiosk.get(path)
        assert headers["Content-Security-Policy"].startswith("default-src 'none';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/missing.js",
        "/kit",
        "/../outside.txt",
        "/kit/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/.secret",
        "//etc/passwd",
        "/index.html/",
    ],
)
async def test_what_is_no_asset_is_not_found(kiosk: Kiosk, path: str) -> None:
    status, headers, body = await kiosk.get(path)
    assert status == 404
    assert b"<" not in body
    assert headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("host", ["genba.example", "127.0.0.1", "127.0.0.1:1", ""])
async def test_another_host_name_is_refused(kiosk: Kiosk, host: str) -> None:
    for path in ("/", "/health", "/ws"):
        status, _, _ = await kiosk.get(path, Host=host)
        assert status == 403


@pytest.mark.parametrize(
    "origin", [None, "http://evil.example", "https://127.0.0.1", "null", "http://127.0.0.1:1"]
)
async def test_a_foreign_origin_is_refused(kiosk: Kiosk, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with kiosk.page(origin):
            pass
    assert caught.value.response.status_code == 403


async def test_localhost_is_an_own_name_too(kiosk: Kiosk) -> None:
    async with connect(
        f"ws://127.0.0.1:{kiosk.port}/ws",
        origin=f"http://localhost:{kiosk.port}",  # type: ignore[arg-type]
        proxy=None,
    ):
        pass


async def test_it_listens_on_loopback_only(kiosk: Kiosk) -> None:
    table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    ending = f":{kiosk.port:04X}"
    listening = [line.split()[1] for line in table.splitlines()[1:] if line.split()[3] == "0A"]
    assert [each for each in listening if each.endswith(ending)] == [f"0100007F{ending}"]


async def test_health_is_answered(kiosk: Kiosk) -> None:
    status, headers, body = await kiosk.get("/health")
    assert (status, json.loads(body)) == (200, {"ready": True})
    assert headers["Cache-Control"] == "no-store"


async def test_a_new_page_gets_the_present_state_and_then_each_change(kiosk: Kiosk) -> None:
    kiosk.local.show(state(1))
    async with kiosk.page() as page, kiosk.page() as onlooker:
        assert await received(page) == state(1)
        assert await received(onlooker) == state(1)
        kiosk.local.show(state(2))
        assert await received(page) == await received(onlooker) == state(2)


async def test_what_a_page_sends_arrives(kiosk: Kiosk) -> None:
    async with kiosk.page() as page:
        await page.send('{"type":"tap","uid":"04AA"}')
        await page.send('{"type":"finish"}')
        await page.send('{"type":"ask_samples","search":"山"}')
        answer = await received(page)
        assert isinstance(answer, Samples)
    assert kiosk.taps == [Tap("04AA")]
    assert kiosk.touches == [Finish()]
    assert kiosk.searches == ["山"]


async def test_taps_and_samples_are_ignored_without_a_virtual_reader(folder: Path) -> None:
    kiosk = Kiosk(folder, virtual=False)
    async with kiosk.local.open(0) as kiosk.port, kiosk.page() as page:
        await page.send('{"type":"tap","uid":"04AA"}')
        await page.send('{"type":"ask_samples"}')
        await page.send('{"type":"extend"}')
        async with asyncio.timeout(LONG_ENOUGH):
            await kiosk.heard.wait()
    assert kiosk.taps == []
    assert kiosk.searches == []
    assert kiosk.touches == [Extend()]


async def test_a_page_that_draws_is_noticed(kiosk: Kiosk) -> None:
    assert kiosk.local.seconds_since_drawing() is None
    async with kiosk.page() as page:
        await page.send('{"type":"drawing"}')
        await page.send('{"type":"extend"}')
        async with asyncio.timeout(LONG_ENOUGH):
            await kiosk.heard.wait()
    seconds = kiosk.local.seconds_since_drawing()
    assert seconds is not None
    assert seconds < LONG_ENOUGH


@pytest.mark.parametrize(
    "noise", ["hello", "{}", '{"type":"undo"}', '{"type":"fly"}', b"\xff", '{"type":"tap","uid":7}']
)
async def test_a_malformed_message_closes_that_page_only(kiosk: Kiosk, noise: str | bytes) -> None:
    async with kiosk.page() as other, kiosk.page() as page:
        await page.send(noise)
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(LONG_ENOUGH):
                await page.recv()
        assert page.close_code == CLOSE_MALFORMED
        kiosk.local.show(state(5))
        assert await received(other) == state(5)


async def test_a_page_that_reads_nothing_is_skipped_and_gets_the_newest_when_it_reads(
    kiosk: Kiosk,
) -> None:
    long = "長" * 50_000
    async with kiosk.page(max_queue=1) as sleepy, kiosk.page() as awake:
        for revision in range(1, 101):
            kiosk.local.show(state(revision, long))
            if revision % 10 == 0:
                while (await received(awake)).revision != revision:  # type: ignore[union-attr]
                    pass
        revisions: list[int] = []
        while not revisions or revisions[-1] != 100:
            revisions.append((await received(sleepy)).revision)  # type: ignore[union-attr]
    assert revisions == sorted(revisions)
    assert len(revisions) < 100


async def test_a_page_that_takes_nothing_for_long_is_dropped(kiosk: Kiosk) -> None:
    long = "長" * 4_000_000
    async with kiosk.page(max_queue=1) as stuck:
        # Nothing reads this page's socket any more.
        stuck.transport.pause_reading()
        async with asyncio.timeout(LONG_ENOUGH):
            revision = 0
            while kiosk.local.open_pages():
                revision += 1
                kiosk.local.show(state(revision, long))
                await asyncio.sleep(0.05)
        stuck.transport.abort()


async def test_too_many_pages_are_turned_away(kiosk: Kiosk) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(kiosk.page().__aenter__()) for _ in range(MAX_PAGES)]
    async with kiosk.page() as one_more:
        with pytest.raises(ConnectionClosed):
            await received(one_more)
        assert one_more.close_code == CLOSE_CROWDED
    for task in tasks:
        await task.result().close()


async def test_a_pin_is_answered_to_its_page_alone_and_holds_nothing_up(kiosk: Kiosk) -> None:
    async with kiosk.page() as mine, kiosk.page() as other:
        for pin in ("294017", "860315"):  # the second one while the first is looked at
            await mine.send(msgspec.json.encode(EnterPin(pin)).decode())
        await mine.send(msgspec.json.encode(Finish()).decode())
        async with asyncio.timeout(LONG_ENOUGH):
            await kiosk.heard.wait()
        assert kiosk.touches == [Finish()]
        assert kiosk.pins == ["294017"]
        kiosk.let_in.set()
        answer = PinAnswer(SignInResult.OK, "ticket", "https://genba.local")
        assert await received(mine) == answer
        kiosk.local.show(state(1))
        assert await received(other) == state(1)
        assert await received(mine) == state(1)


async def test_a_page_that_goes_takes_its_question_with_it(kiosk: Kiosk) -> None:
    async with kiosk.page() as page:
        await page.send(msgspec.json.encode(EnterPin("294017")).decode())
        await page.send(msgspec.json.encode(Finish()).decode())
        async with asyncio.timeout(LONG_ENOUGH):
            await kiosk.heard.wait()
    async with asyncio.timeout(LONG_ENOUGH):
        while kiosk.local.open_pages():
            await asyncio.sleep(0.01)
    kiosk.let_in.set()
    async with kiosk.page() as page:
        kiosk.local.show(state(1))
        assert await received(page) == state(1)
