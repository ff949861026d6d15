"""One event to very many open pages: when is the last one told?

The clock starts where a server has the event in hand and begins to tell (Hub._tell, io.emit, the
first send of the bare loop) and stops where the last client has read it. All contenders serve the
same C clients (sockets.c), have all their sockets open at the same time, and take turns.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

from scripts.benchmarks import fanout_parts as parts
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, Target, flat, ratio_by_round, spread
from support.site import Site

TOPIC = "loans"
SUBSCRIBE = b'{"type":"subscribe","topic":"loans"}'
_codes = count(1)


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the figures for 1,000 and for 10,000 sockets."""
    program = parts.build_clients(bench.folder)
    with_socketio = parts.socketio_is_there()
    if not with_socketio:
        bench.say("no node and npm: socket.io is left out")
    for sockets in (bench.size(1_000, 200), bench.size(10_000, 1_000)):
        async with AsyncExitStack() as stack:
            contest = Contest(bench, sockets)
            await contest.open(stack, program, with_socketio=with_socketio)
            for figure in await contest.figures():
                yield figure
    async with AsyncExitStack() as stack:
        sockets = bench.size(10_000, 1_000)
        yield await compare_processes(bench, stack, program, sockets)


class Contest:
    """Ours, the bare loop, and socket.io, each with all its sockets open."""

    def __init__(self, bench: Bench, sockets: int) -> None:
        self._bench = bench
        self._sockets = sockets
        self._rounds = bench.size(30, 5)
        self._memory: dict[str, float] = {}
        self._socketio: tuple[parts.Teller, parts.Clients] | None = None

    async def open(self, stack: AsyncExitStack, program: Any, *, with_socketio: bool) -> None:
        """Start the servers and open all sockets."""
        self._site, _ = await stack.enter_async_context(self._bench.site())
        (self._server,) = await stack.enter_async_context(parts.genba(self._site))
        await _make_an_event(self._site)
        before = self._server.pss_bytes()
        self._bench.say(f"opening {self._sockets} sockets of our server")
        self._clients = await stack.enter_async_context(
            _our_clients(self._site, program, self._sockets)
        )
        await asyncio.sleep(2)
        self._memory["ours"] = (self._server.pss_bytes() - before) / 1024 / self._sockets
        if not with_socketio:
            return
        server, port = await stack.enter_async_context(parts.socketio())
        before = server.pss_bytes()
        self._bench.say(f"opening {self._sockets} sockets of socket.io")
        request = parts.upgrade("/socket.io/?EIO=4&transport=websocket")
        clients = await stack.enter_async_context(
            parts.clients(program, port, self._sockets, request, b"40", 2)
        )
        await asyncio.sleep(2)
        self._memory["socketio"] = (server.pss_bytes() - before) / 1024 / self._sockets
        self._socketio = (server, clients)

    async def figures(self) -> list[Figure]:
        """Take turns, and compare."""
        ours: list[list[float]] = []
        middle: list[list[float]] = []
        bare: list[list[float]] = []
        theirs: list[list[float]] = []
        for number in range(self._rounds):
            last, half = await _our_round(self._site, [self._server], self._clients)
            bare_last = await self._bare_round()
            if number == 0:  # the first one warms up
                continue
            ours.append([last])
            middle.append([half])
            bare.append([bare_last])
            if self._socketio is not None:
                theirs.append([await self._socketio_round(*self._socketio)])
        name = f"fanout.{self._sockets}"
        figures = [
            Figure(
                name,
                f"one event to {self._sockets:,} sockets: the last one told",
                "ms",
                spread(flat(ours)),
                "bare loop of socket.send over the same sockets",
                spread(flat(bare)),
                ratio_by_round(ours, bare),
                Target("ratio", at_most=1.3),
                f"the middle one after {spread(flat(middle)).median:.0f} ms",
            )
        ]
        if theirs:
            figures.append(
                Figure(
                    f"{name}.socketio",
                    f"the same to {self._sockets:,} sockets",
                    "ms",
                    spread(flat(ours)),
                    "socket.io 4 (WebSocket only, no compression)",
                    spread(flat(theirs)),
                    ratio_by_round(ours, theirs),
                    Target("ratio", at_most=round(1 / 1.4, 3)),
                )
            )
        figures.append(self._memory_figure(name))
        return figures

    def _memory_figure(self, name: str) -> Figure:
        mine, theirs = self._memory["ours"], self._memory.get("socketio")
        return Figure(
            f"{name}.memory",
            "server memory (PSS) a socket",
            "KB",
            spread([mine]),
            "socket.io 4" if theirs else "",
            spread([theirs]) if theirs else None,
            spread([mine / theirs]) if theirs else None,
            Target("median", at_most=10),
        )

    async def _bare_round(self) -> float:
        await self._clients.expect()
        await self._server.say("bare")
        told = await self._clients.told()
        return (told.last - await self._server.began()) / 1e6

    async def _socketio_round(self, server: parts.Teller, clients: parts.Clients) -> float:
        await clients.expect()
        await server.say(_payload())
        told = await clients.told()
        return (told.last - await server.began()) / 1e6


async def compare_processes(
    bench: Bench, stack: AsyncExitStack, program: Any, sockets: int
) -> Figure:
    """Compare two servers behind one port with one server, as many sockets each."""
    contenders = []
    for processes in (1, 2):
        site, _ = await stack.enter_async_context(bench.site())
        servers = await stack.enter_async_context(parts.genba(site, processes))
        bench.say(f"opening {sockets} sockets of {processes} processes")
        # Asleep: clients that are busy would take the core that the second server is to have.
        clients = await stack.enter_async_context(_our_clients(site, program, sockets, "asleep"))
        contenders.append((site, servers, clients))
    times: list[list[list[float]]] = [[], []]
    for number in range(bench.size(30, 5)):
        for place, contender in enumerate(contenders):
            last, _ = await _our_round(*contender)
            if number:
                times[place].append([last])
    one, two = times
    return Figure(
        "fanout.two_processes",
        f"one event to {sockets:,} sockets of two servers behind one port: the last one told",
        "ms",
        spread(flat(two)),
        "one server",
        spread(flat(one)),
        ratio_by_round(two, one),
        note="the clients' process and Postgres share the cores with the servers",
    )


def _our_clients(site: Site, program: Any, sockets: int, waiting: parts.Waiting = "busy") -> Any:
    headers = f"Authorization: Bearer {site.token}\r\n"
    request = parts.upgrade("/api/v1/live", headers)
    return parts.clients(program, site.port, sockets, request, SUBSCRIBE, 1, waiting)


async def _our_round(
    site: Site, servers: Sequence[parts.Teller], clients: parts.Clients
) -> tuple[float, float]:
    await clients.expect()
    _, told, *began = await asyncio.gather(
        _make_an_event(site), clients.told(), *(server.began() for server in servers)
    )
    start = min(began)
    return (told.last - start) / 1e6, (told.middle - start) / 1e6


async def _make_an_event(site: Site) -> None:
    await site.post("/api/v1/items", {"code": f"F{next(_codes):06}", "name": "トルクレンチ"})


def _payload() -> str:
    """Return an event as our server tells it, for others to tell."""
    return (
        '{"type":"event","topics":["loans"],"position":4711,"at":"2026-11-02T03:04:05.678901Z",'
        '"actor":"token:bench","device":null,"module":"loans","kind":"loans.item_created",'
        '"subject":"01a1fbd4-c6f0-700a-82ce-444047b21aff",'
        '"body":{"code":"F000001","name":"トルクレンチ","after":{"name":"トルクレンチ"}}}'
    )
