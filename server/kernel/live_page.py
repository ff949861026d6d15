"""One connected page of the live news, and all that listen."""

import asyncio
from collections import deque
from collections.abc import Iterable
from itertools import chain
from typing import Protocol

import msgspec

from server.kernel.auth import Credential, Principal
from server.kernel.journal import Head
from server.kernel.live_messages import CLOSE_CODES, Farewell, Goodbye, Resync, ToPage
from server.kernel.websocket import WebSocket, text_frame

GRACE_SECONDS = 5.0

_encode = msgspec.json.Encoder().encode


class Keeper(Protocol):
    """Whom a page tells what happens to it."""

    def put(self, page: "Page", message: bytes) -> None:
        """Do what a page says in turn, but not while it says it."""

    def lose(self, page: "Page") -> None:
        """Forget a page whose connection has ended."""

    def drop(self, page: "Page") -> None:
        """End a page that does not keep up."""


class Page(WebSocket):
    """One connected page. It has a task only while it has said something that is not yet done."""

    __slots__ = (
        "credential",
        "full_at",
        "inbox",
        "joining",
        "keeper",
        "leaving",
        "network",
        "principal",
        "topics",
    )

    def __init__(
        self, keeper: Keeper, principal: Principal, credential: Credential, network: str
    ) -> None:
        super().__init__()
        self.network = network
        self.full_at = 0.0
        self.keeper = keeper
        self.principal = principal
        self.credential = credential
        self.topics: frozenset[str] = frozenset()
        self.inbox: deque[bytes] | None = None
        self.leaving = False
        self.joining = False

    def heard(self, message: bytes) -> None:
        """Leave it to the keeper."""
        self.keeper.put(self, message)

    def gone(self) -> None:
        """Leave it to the keeper."""
        self.keeper.lose(self)

    def choked(self) -> None:
        """Drop the page: it does not keep up."""
        if not self.joining:  # a page that joins is waited for
            self.keeper.drop(self)

    def say(self, message: ToPage) -> None:
        """Send a message, unless the page is leaving."""
        if not self.leaving:
            self.send(text_frame(_encode(message)))


class Audience:
    """Which pages listen to which topic."""

    def __init__(self, topics: Iterable[str]) -> None:
        # In the order in which the pages came: neighbours in memory are told one after another.
        self._listening: dict[str, dict[Page, None]] = {topic: {} for topic in topics}

    def of(self, topics: Iterable[str]) -> list[Page]:
        """Return the pages that listen to any of the topics, each once."""
        return list(dict.fromkeys(chain(*(self._listening[topic] for topic in topics))))

    def join(self, page: Page, topics: frozenset[str]) -> None:
        """Let the page listen to these topics and no other."""
        page.topics = topics
        for topic in topics:
            self._listening[topic][page] = None

    def forget(self, page: Page, topics: Iterable[str]) -> None:
        """Let the page listen to these topics no more."""
        gone = frozenset(topics)
        page.topics -= gone
        for topic in gone:
            if topic in self._listening:
                self._listening[topic].pop(page, None)

    def resync(self, page: Page, head: Head) -> None:
        """Have the page load anew what it shows, and then listen from here."""
        self.forget(page, page.topics)
        page.say(Resync(head.epoch, head.position))

    def dismiss(self, page: Page, why: Farewell) -> None:
        """Say goodbye to the page and end its connection."""
        if page.leaving or page.transport.is_closing():
            return
        page.leaving = True
        self.forget(page, page.topics)
        page.send(text_frame(_encode(Goodbye(why))))
        page.end(CLOSE_CODES[why], why.value)
        # The page answers with a close frame of its own, unless it is the one that hangs.
        asyncio.get_running_loop().call_later(GRACE_SECONDS, page.transport.abort)
