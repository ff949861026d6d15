"""PC/SC readers: one wait over all of them, in one thread, without polling.

pcscd may come and go: the context is made anew whenever it is lost. An inactive pcscd is healthy
where systemd holds its socket, so nothing here asks for the service, only for the connection.
"""

import logging
import threading
from collections.abc import Callable

from agent.readers import winscard
from agent.readers.pcsc_session import DRIVER, PcscSession, reader_name
from agent.readers.presentation import Slot
from agent.readers.reader import ReaderMessage, ReaderState, Sink
from agent.readers.teller import Teller
from agent.readers.thread_watch import watch_in_thread
from agent.readers.winscard import Code, Context, ScardError, Winscard

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.2
LAST_RETRY_SECONDS = 2.0


class PcscDriver:
    """Watches all readers of the PC/SC resource manager."""

    def __init__(self, load: Callable[[], Winscard] = winscard.load) -> None:
        self._load = load

    @property
    def name(self) -> str:
        """Return the driver's name."""
        return DRIVER

    async def run(self, sink: Sink) -> None:
        """Deliver cards and statuses until cancelled; see ReaderDriver."""
        watch = _Watch(self._load)
        await watch_in_thread(DRIVER, watch.run, sink, watch.nudge)


class _Watch:
    """Keeps a session with pcscd alive; `run` is the thread's, `nudge` comes from outside."""

    def __init__(self, load: Callable[[], Winscard]) -> None:
        self._load = load
        self._scard: Winscard | None = None
        self._context: Context | None = None
        # Outlives the sessions: a card that lies on a reader while pcscd restarts is no new tap.
        self._slots: dict[str, Slot] = {}

    def nudge(self) -> None:
        scard, context = self._scard, self._context
        if scard is not None and context is not None:
            try:
                scard.cancel(context)
            except ScardError as error:
                log.debug("cancel: %s", error)

    def run(self, out: Sink, stop: threading.Event) -> None:
        teller = Teller(DRIVER, out)
        try:
            self._scard = scard = self._load()
        except ImportError as error:
            log.warning("pyscard cannot be loaded: %s", error)
            teller.unavailable(DRIVER, ReaderMessage.DRIVER_MISSING)
            stop.wait()
            return
        delay = FIRST_RETRY_SECONDS
        while not stop.is_set():
            session = PcscSession(scard, self._slots, teller, out)
            try:
                self._context = scard.establish()
                session.run(self._context, stop)
            except ScardError as error:
                # The library also says so when pcscd dies under a connection that worked.
                denied = error.code == Code.SECURITY_VIOLATION and not session.worked
                self._service_lost(teller, error, denied=denied)
                delay = (
                    FIRST_RETRY_SECONDS if session.worked else min(delay * 2, LAST_RETRY_SECONDS)
                )
            finally:
                self._release(scard)
            stop.wait(delay)

    def _release(self, scard: Winscard) -> None:
        context, self._context = self._context, None
        if context is not None:
            try:
                scard.release(context)
            except ScardError as error:
                log.debug("release: %s", error)

    def _service_lost(self, teller: Teller, error: ScardError, *, denied: bool) -> None:
        message = ReaderMessage.PERMISSION_DENIED if denied else ReaderMessage.PCSCD_UNREACHABLE
        if teller.unavailable(DRIVER, message):
            log.warning("no connection to pcscd (%s); trying again until there is one", error)
        for name, slot in self._slots.items():
            self._slots[name] = slot.lost()
            if teller.state(reader_name(name)) is not ReaderState.ABSENT:
                teller.unavailable(reader_name(name), message)
