"""Runs a blocking watch in one daemon thread, and brings its news to the event loop.

Daemon threads because a call into a driver library may hang with the hardware: the agent must
still be able to exit.
"""

import asyncio
import logging
import threading
from collections.abc import Callable

from agent.readers.reader import CardSeen, ReaderMessage, ReaderState, ReaderStatus, Sink

log = logging.getLogger(__name__)

RESTART_SECONDS = 2.0
NUDGE_SECONDS = 0.2
LAST_WAIT_SECONDS = 3.0

Watch = Callable[[Sink, threading.Event], None]


class LoopSink:
    """A sink for threads: passes everything on to another sink on its event loop, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sink: Sink) -> None:
        self._loop = loop
        self._sink = sink
        self._open = True

    def card(self, seen: CardSeen) -> None:
        """Pass a card on."""
        self.call(self._card, seen)

    def status(self, status: ReaderStatus) -> None:
        """Pass a status on."""
        self.call(self._status, status)

    def close(self) -> None:
        """Drop whatever still comes; called on the loop."""
        self._open = False

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call the function on the loop."""
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            # The loop has been closed under a thread that hung: nobody is left to be told.
            log.debug("event loop closed, dropping a call from a reader thread")

    def _card(self, seen: CardSeen) -> None:
        if self._open:
            self._sink.card(seen)

    def _status(self, status: ReaderStatus) -> None:
        if self._open:
            self._sink.status(status)


async def watch_in_thread(
    name: str, watch: Watch, sink: Sink, nudge: Callable[[], None] | None = None
) -> None:
    """Run `watch` until cancelled; begin it anew if it ever fails or returns.

    `nudge` wakes a watch that blocks in the library; it may block too, and may be called often.
    """
    loop = asyncio.get_running_loop()
    outlet = LoopSink(loop, sink)
    stop = threading.Event()
    ended = asyncio.Event()

    def body() -> None:
        try:
            while not stop.is_set():
                try:
                    watch(outlet, stop)
                except Exception:
                    log.exception("reader driver %s failed; it begins anew", name)
                    outlet.status(
                        ReaderStatus(
                            name, name, ReaderState.UNAVAILABLE, ReaderMessage.DRIVER_FAILED
                        )
                    )
                stop.wait(RESTART_SECONDS)
        finally:
            outlet.call(ended.set)

    threading.Thread(target=body, name=f"reader-{name}", daemon=True).start()
    try:
        await ended.wait()
    finally:
        stop.set()
        outlet.close()
        await _wait_for_end(name, ended, nudge)


async def _wait_for_end(name: str, ended: asyncio.Event, nudge: Callable[[], None] | None) -> None:
    nudger: threading.Thread | None = None
    try:
        async with asyncio.timeout(LAST_WAIT_SECONDS):
            while not ended.is_set():
                # Again and again: a nudge that comes just before the blocking call is lost.
                if nudge is not None and (nudger is None or not nudger.is_alive()):
                    nudger = threading.Thread(target=nudge, name=f"nudge-{name}", daemon=True)
                    nudger.start()
                try:
                    async with asyncio.timeout(NUDGE_SECONDS):
                        await ended.wait()
                except TimeoutError:
                    continue
    except TimeoutError:
        log.warning("reader driver %s did not stop in time; its thread is left behind", name)
