"""Topics of the live news: which entries belong to them, and how an entry is told."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from server.kernel.journal import Entry
from server.kernel.live_messages import Event
from server.kernel.websocket import text_frame

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Feed:
    """A topic: entries of these kinds (or, a text: of kinds beginning so) for who may read them."""

    topic: str
    permission: str
    kinds: frozenset[str] | str

    def has(self, kind: str) -> bool:
        """Say whether entries of this kind belong to the topic."""
        return kind.startswith(self.kinds) if isinstance(self.kinds, str) else kind in self.kinds


class Feeds:
    """All topics."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = {feed.topic: feed for feed in feeds}
        self._topics_of_kind: dict[str, tuple[str, ...]] = {}

    def get(self, topic: str) -> Feed | None:
        """Return the feed of this topic, if there is one."""
        return self._feeds.get(topic)

    def topics(self, kind: str) -> tuple[str, ...]:
        """Return the topics that entries of this kind belong to."""
        topics = self._topics_of_kind.get(kind)
        if topics is None:
            topics = tuple(feed.topic for feed in self._feeds.values() if feed.has(kind))
            self._topics_of_kind[kind] = topics
        return topics


def frame_of(entry: Entry, topics: tuple[str, ...]) -> bytes:
    """Return the frame that tells an entry to who listens to these topics."""
    event = Event(
        topics=topics,
        position=entry.position,
        at=entry.at,
        actor=entry.actor,
        device=entry.device,
        module=entry.module,
        kind=entry.kind,
        subject=entry.subject,
        body=entry.body,
    )
    return text_frame(_encode(event))
