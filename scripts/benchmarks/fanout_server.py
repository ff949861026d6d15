"""The real server, which tells on stdout when it begins to tell its pages (CLOCK_MONOTONIC, ns).

On a line on stdin it sends the last event's frame once more, in a bare loop of `socket.send` over
the same sockets: the least that Python can do.
"""

import asyncio
import json
import runpy
import socket
import sys
import time
from typing import Any

from server.kernel import live

_hubs: list[live.Hub] = []
_frames: list[bytes] = [b""]


def _say(began: int, sockets: int) -> None:
    print(json.dumps({"began": began, "sockets": sockets}), flush=True)


def _watch_hub() -> None:
    tell, run, frame_of = live.Hub._tell, live.Hub.run, live.frame_of

    async def timed_tell(self: live.Hub, entry: Any) -> None:
        began = time.monotonic_ns()
        await tell(self, entry)
        if self.sockets:
            _say(began, self.sockets)

    async def kept_run(self: live.Hub) -> None:
        _hubs.append(self)
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _send_bare)
        await run(self)

    def kept_frame(entry: Any, topics: tuple[str, ...]) -> bytes:
        _frames[0] = frame_of(entry, topics)
        return _frames[0]

    live.Hub._tell = timed_tell  # type: ignore[method-assign]
    live.Hub.run = kept_run  # type: ignore[method-assign]
    live.frame_of = kept_frame  # type: ignore[attr-defined]


def _send_bare() -> None:
    if not sys.stdin.readline():
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        return
    transports = [page.transport for page in _hubs[0]._pages]
    sockets = [
        socket.socket(fileno=transport.get_extra_info("socket").fileno())
        for transport in transports
    ]
    frame = _frames[0]
    began = time.monotonic_ns()
    for each in sockets:
        each.send(frame)
    for each in sockets:
        each.detach()
    _say(began, len(sockets))


if __name__ == "__main__":
    _watch_hub()
    sys.argv = ["server", *sys.argv[1:]]
    runpy.run_module("server", run_name="__main__", alter_sys=True)
