"""Hosts without machines: Linux network namespaces, each with a cable (veth) to one switch."""

import asyncio
import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from support.components import require

Value = TypeVar("Value")
CABLE = "eth0"
_CLONE_NEWNET = 0x4000_0000


@dataclass(frozen=True)
class Host:
    """One host: a namespace (empty: this machine itself) and its own address."""

    namespace: str
    address: str

    @property
    def prefix(self) -> Sequence[str]:
        """What to put before a command so that it runs on this host."""
        return ("ip", "netns", "exec", self.namespace) if self.namespace else ()

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

    def new_socket(self) -> socket.socket:
        """Return a new TCP socket of this host, for asyncio."""
        with ThreadPoolExecutor(1, initializer=self._enter) as pool:
            made = pool.submit(socket.socket, socket.AF_INET, socket.SOCK_STREAM).result()
        made.setblocking(False)
        return made

    async def connected(self, address: str, port: int) -> socket.socket:
        """Return a TCP connection from this host, for asyncio. Raises OSError."""
        made = self.new_socket()
        try:
            await asyncio.get_running_loop().sock_connect(made, (address, port))
        except BaseException:
            made.close()
            raise
        return made

    def listening(self, port: int) -> socket.socket:
        """Return a TCP socket that listens on all of this host's addresses, for asyncio."""
        made = self.new_socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("", port))
        made.listen()
        return made

    def unplug(self) -> None:
        """Pull its cable: nothing reaches it, and it reaches nobody."""
        _ip("-n", self.namespace, "link", "set", CABLE, "down")

    def plug(self) -> None:
        """Put its cable in again."""
        _ip("-n", self.namespace, "link", "set", CABLE, "up")

    @contextmanager
    def posing_as(self, other: "Host") -> Iterator[None]:
        """Have this host stand at another's addresses, hardware and IP, while that one is away."""
        own, theirs = self._hardware(), other._hardware()
        other.unplug()
        self._become(theirs)
        _ip("-n", self.namespace, "address", "add", f"{other.address}/24", "dev", CABLE)
        try:
            yield
        finally:
            _ip("-n", self.namespace, "address", "del", f"{other.address}/24", "dev", CABLE)
            self._become(own)
            other.plug()

    def _become(self, hardware: str) -> None:
        self.unplug()
        _ip("-n", self.namespace, "link", "set", CABLE, "address", hardware)
        self.plug()

    def _hardware(self) -> str:
        return _ip("-n", self.namespace, "-brief", "link", "show", CABLE).split()[2]

    def _enter(self) -> None:
        if not self.namespace:
            return
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/run/netns", self.namespace).open() as file:
            if libc.setns(file.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")


HERE = Host("", "127.0.0.1")


@contextmanager
def lan(count: int) -> Iterator[Sequence[Host]]:
    """Lend so many hosts at one switch; nothing else is there."""
    _require_namespaces()
    mark = secrets.token_hex(3)
    switch = f"genba-{mark}-switch"
    hosts = [Host(f"genba-{mark}-{n}", f"10.77.0.{n}") for n in range(1, count + 1)]
    try:
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        for number, host in enumerate(hosts, 1):
            _ip("netns", "add", host.namespace)
            _ip("-n", host.namespace, "link", "set", "lo", "up")
            near, far = (CABLE, "netns", host.namespace), (f"port{number}", "netns", switch)
            _ip("link", "add", *near, "type", "veth", "peer", "name", *far)
            _ip("-n", switch, "link", "set", f"port{number}", "master", "switch", "up")
            _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", CABLE)
            host.plug()
        yield hosts
    finally:
        for name in (*(host.namespace for host in hosts), switch):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def _require_namespaces() -> None:
    require("iproute2", shutil.which("ip") is not None, "apt install iproute2")
    require("root, to make network namespaces", os.geteuid() == 0, "run the tests as root")
    probe = f"genba-{secrets.token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True)
    subprocess.run(["ip", "netns", "del", probe], check=False, capture_output=True)
    require("network namespaces", made.returncode == 0, "the kernel or container forbids them")


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout
