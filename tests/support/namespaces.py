"""Hosts without machines: Linux network namespaces, joined by one cable (a veth pair)."""

import asyncio
import ctypes
import os
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from support.components import require

Value = TypeVar("Value")
_CLONE_NEWNET = 0x4000_0000


@dataclass(frozen=True)
class Host:
    """One host: a namespace and its address on the cable."""

    namespace: str
    address: str

    @property
    def prefix(self) -> Sequence[str]:
        """What to put before a command so that it runs on this host."""
        return ("ip", "netns", "exec", self.namespace)

    async def do(self, work: Callable[..., Value], *arguments: Any) -> Value:
        """Run a function in a thread of its own, whose sockets belong to this host."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Value] = loop.create_future()

        def finish(set_it: Callable[[Any], None], value: object) -> None:
            if not done.cancelled():
                set_it(value)

        def run() -> None:
            try:
                self._enter()
                value = work(*arguments)
            except BaseException as error:
                loop.call_soon_threadsafe(finish, done.set_exception, error)
            else:
                loop.call_soon_threadsafe(finish, done.set_result, value)

        threading.Thread(target=run, daemon=True).start()
        return await done

    def _enter(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/run/netns", self.namespace).open() as file:
            if libc.setns(file.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Lend a server's and a client's host, at either end of a cable; nothing else is there."""
    _require_namespaces()
    mark = secrets.token_hex(3)
    hosts = (Host(f"genba-{mark}-s", "10.77.0.1"), Host(f"genba-{mark}-c", "10.77.0.2"))
    cables = (f"g{mark}s", f"g{mark}c")
    try:
        for host in hosts:
            _ip("netns", "add", host.namespace)
            _ip("-n", host.namespace, "link", "set", "lo", "up")
        _ip("link", "add", cables[0], "type", "veth", "peer", "name", cables[1])
        for host, cable in zip(hosts, cables, strict=True):
            _ip("link", "set", cable, "netns", host.namespace, "name", "eth0")
            _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
            _ip("-n", host.namespace, "link", "set", "eth0", "up")
        yield hosts
    finally:
        for host in hosts:
            subprocess.run(["ip", "netns", "del", host.namespace], check=False, capture_output=True)


def _require_namespaces() -> None:
    require("iproute2", shutil.which("ip") is not None, "apt install iproute2")
    require("root, to make network namespaces", os.geteuid() == 0, "run the tests as root")
    probe = f"genba-{secrets.token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True)
    subprocess.run(["ip", "netns", "del", probe], check=False, capture_output=True)
    require("network namespaces", made.returncode == 0, "the kernel or container forbids them")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
