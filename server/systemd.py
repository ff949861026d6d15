"""Telling systemd how the server is (sd_notify(3)), without its library."""

import asyncio
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Sends states to NOTIFY_SOCKET; does nothing where systemd did not start the process."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for Linux's abstract namespace.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        microseconds = environment.get("WATCHDOG_USEC", "")
        mine = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watchdog_seconds = (
            int(microseconds) / 1_000_000 if microseconds.isdigit() and mine else None
        )

    def send(self, state: str) -> None:
        """Send a state such as `READY=1`; a systemd that does not listen is not our trouble."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            try:
                sender.sendto(state.encode(), self._address)
            except OSError:
                return

    async def feed_watchdog(self) -> None:
        """Feed the watchdog for ever; a blocked event loop starves it, and systemd restarts us."""
        while True:
            if self._watchdog_seconds is not None:
                self.send("WATCHDOG=1")
            await asyncio.sleep((self._watchdog_seconds or 3600) / 3)
