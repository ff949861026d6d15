"""GET requests over raw sockets, timed in a process of their own.

A connection writes prepared bytes, and of each answer reads only status and length: the client
takes a few percent of what the servers take that it is turned against.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import msgspec

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LINE_BYTES = 64 * 2**20


class Job(msgspec.Struct, frozen=True):
    """Ask for the paths in turn, `requests` in all, over so many keep-alive connections."""

    port: int
    paths: list[str]
    headers: dict[str, str]
    connections: int
    requests: int


class Took(msgspec.Struct, frozen=True):
    """Milliseconds of each answer, seconds from first to last, bytes of the last body."""

    milliseconds: list[float]
    seconds: float
    body_bytes: int


class Load:
    """The client process, as the benchmark sees it; use `open_load`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, job: Job) -> Took:
        """Do the job. Raises RuntimeError unless every answer was a 200."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        answer = await self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the client ended; see its words above")
        return msgspec.json.decode(answer, type=Took)


@asynccontextmanager
async def open_load() -> AsyncIterator[Load]:
    """Start the client, and end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "scripts.benchmarks.http_load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
    )
    try:
        yield Load(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], took: list[float]) -> None:
        self._requests = requests
        self._took = took
        self._answer = bytearray()
        self._end = 0
        self._began = 0
        self.body_bytes = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._end:
            head = self._answer.find(b"\r\n\r\n")
            if head < 0:
                return
            length = _LENGTH.search(self._answer, 0, head)
            if not self._answer.startswith(b"HTTP/1.1 200 ") or length is None:
                self._fail(bytes(self._answer[:2000]).decode(errors="replace"))
                return
            self._end = head + 4 + int(length[1])
            self.body_bytes = int(length[1])
        if len(self._answer) >= self._end:
            self._took.append((time.perf_counter_ns() - self._began) / 1e6)
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"the server closed the connection: {error}")

    def _send(self) -> None:
        self._answer.clear()
        self._end = 0
        request = next(self._requests, None)
        if request is not None:
            self._began = time.perf_counter_ns()
            self._transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))
            self._transport.close()


async def _run(job: Job) -> Took:
    words = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
    prepared = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\n{words}\r\n".encode()
        for path in job.paths
    ]
    requests = (prepared[n % len(prepared)] for n in range(job.requests))
    took: list[float] = []
    began = time.perf_counter()
    made = [
        await asyncio.get_running_loop().create_connection(
            lambda: _Connection(requests, took), "127.0.0.1", job.port
        )
        for _ in range(job.connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    return Took(took, time.perf_counter() - began, made[0][1].body_bytes)


def _serve(lines: Iterator[bytes] | Sequence[bytes]) -> None:
    for line in lines:
        took = asyncio.run(_run(msgspec.json.decode(line, type=Job)))
        sys.stdout.buffer.write(msgspec.json.encode(took) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(sys.stdin.buffer)
