"""What this machine is worth: a fixed piece of work, a sync of the disk, a turn over loopback.

Figures from elsewhere are carried over by the ratio of these: run `scripts/bench --only machine`
on both machines, and multiply what the processor limits by the first, what the disk limits by the
second.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator

import msgspec

from scripts.benchmarks.bench import Bench
from scripts.benchmarks.figures import Figure, spread

WORK_ROUNDS = 2_000
BLOCK_BYTES = 4_096


async def measure(bench: Bench) -> AsyncIterator[Figure]:
    """Yield the three yardsticks."""
    rounds = bench.size(200, 40)
    yield Figure(
        "machine.work",
        "a fixed piece of Python: objects, JSON and SHA-256, on one core",
        "ms",
        spread(_work() for _ in range(rounds)),
    )
    path = bench.folder / "block"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        yield Figure(
            "machine.sync",
            "4 KB written at the end of a file, and synced",
            "ms",
            spread(_sync(descriptor) for _ in range(rounds * 5)),
        )
    finally:
        os.close(descriptor)
    yield Figure(
        "machine.loopback",
        "100 bytes there and back over loopback TCP, asyncio on both sides",
        "ms",
        spread(await _turns(rounds * 10)),
    )


class _Thing(msgspec.Struct):
    name: str
    numbers: dict[str, int]


def _work() -> float:
    began = time.perf_counter()
    decode, link = msgspec.json.Decoder(_Thing).decode, b""
    for number in range(WORK_ROUNDS):
        thing = _Thing(f"トルクレンチ {number}", {str(n): n * number for n in range(10)})
        text = msgspec.json.encode(thing)
        link = hashlib.sha256(link + text).digest()
        if sum(decode(text).numbers.values()) < 0:
            raise ArithmeticError
    return (time.perf_counter() - began) * 1_000


def _sync(descriptor: int) -> float:
    began = time.perf_counter()
    os.write(descriptor, bytes(BLOCK_BYTES))
    os.fdatasync(descriptor)
    return (time.perf_counter() - began) * 1_000


async def _turns(count: int) -> list[float]:
    ended = asyncio.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()
        ended.set()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        times = []
        for _ in range(count):
            began = time.perf_counter()
            writer.write(bytes(100))
            await reader.readexactly(100)
            times.append((time.perf_counter() - began) * 1_000)
        writer.close()
        await ended.wait()
    return times
