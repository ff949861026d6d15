"""One file's bytes: what was written, what a sync has covered, what a power loss leaves."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

PAGE = 4096
SECTOR = 512


@dataclass(slots=True)
class Write:
    """Bytes at an offset. `durable`: this write by itself was synced (O_DSYNC)."""

    offset: int
    data: bytes
    grows: bool
    durable: bool = False


@dataclass(slots=True)
class Resize:
    """A truncation or an allocation; as a change of the journal it has a number there."""

    before: int
    size: int
    step: int


@dataclass(slots=True, eq=False)
class File:
    """A file, whatever its names. Its first `synced` changes are durable."""

    base: Path | None
    mode: int
    size: int = 0
    created: int = -1
    changes: list[Write | Resize] = field(default_factory=list)
    synced: int = 0

    def write(self, offset: int, data: bytes) -> Write:
        """Take a write; offset -1 is the end."""
        offset = self.size if offset < 0 else offset
        end = offset + len(data)
        change = Write(offset, data, grows=end > self.size)
        self.changes.append(change)
        self.size = max(self.size, end)
        return change

    def resize(self, size: int, step: int) -> None:
        """Take a truncation or an allocation."""
        self.changes.append(Resize(self.size, size, step))
        self.size = size

    @property
    def resized(self) -> bool:
        """Whether the size has changed since the last sync."""
        return any(isinstance(each, Resize) or each.grows for each in self.changes[self.synced :])

    def survive(self, random: Random, steps: int) -> bytes:
        """Return what may be read after a power loss that the journal's first `steps` survive."""
        pages = _Pages(self.base.read_bytes() if self.base is not None else b"")
        reach: float = float("inf")
        for number, change in enumerate(self.changes):
            if isinstance(change, Write):
                data = change.data[: int(max(0, min(len(change.data), reach - change.offset)))]
                pages.write(change.offset, data, durable=number < self.synced or change.durable)
            elif change.step < steps:
                pages.resize(change.size)
            else:
                # What was written later lies in blocks that the journal has not given the file.
                reach = min(reach, change.before, change.size)
        return pages.settle(random)


class _Pages:
    """A file as its pages, each with the versions that its sectors may have on the disk."""

    def __init__(self, base: bytes) -> None:
        self._base = bytearray(base)
        self._versions: dict[int, list[bytes]] = {}
        self._sizes = [len(base)]

    def write(self, offset: int, data: bytes, *, durable: bool) -> None:
        end = offset + len(data)
        if not data:
            return
        for number in range(offset // PAGE, (end - 1) // PAGE + 1):
            start = number * PAGE
            piece = data[max(0, start - offset) : start + PAGE - offset]
            at = max(0, offset - start)
            versions = self._versions.setdefault(number, [self._page(number)])
            last = versions[-1]
            version = last[:at] + piece + last[at + len(piece) :]
            # A page goes to the disk whole: what lay unsynced in it goes along.
            if durable:
                versions.clear()
            versions.append(version)
        if end > self._sizes[-1]:
            self._sizes.append(end)
        if durable:
            self._sizes = [size for size in self._sizes if size >= end] or self._sizes[-1:]

    def resize(self, size: int) -> None:
        del self._base[size:]
        edge, inside = divmod(size, PAGE)
        for number, versions in self._versions.items():
            if number > edge or (number == edge and inside == 0):
                self._versions[number] = [bytes(PAGE)]
            elif number == edge:
                self._versions[number] = [v[:inside].ljust(PAGE, b"\0") for v in versions]
        self._sizes = [size]

    def settle(self, random: Random) -> bytes:
        """Choose a size and a version of every sector."""
        least, most = min(self._sizes), max(self._sizes)
        edges = range(least // PAGE * PAGE + PAGE, most, PAGE)
        size = random.choice([most, random.choice([*self._sizes, *edges])])
        image = bytearray(self._base[:size].ljust(size, b"\0"))
        mood = random.choice(("kept", "dropped", "mixed", "mixed"))
        for number in sorted(self._versions):
            start = number * PAGE
            page = _settled(random, self._versions[number], mood)
            image[start : start + PAGE] = page[: max(0, size - start)]
        return bytes(image[:size])

    def _page(self, number: int) -> bytes:
        return bytes(self._base[number * PAGE : (number + 1) * PAGE]).ljust(PAGE, b"\0")


def _settled(random: Random, versions: list[bytes], mood: str) -> bytes:
    """Return a page; a mixed one may be torn, each sector being of any version."""
    fate = random.choice(("kept", "dropped", "torn")) if mood == "mixed" else mood
    if fate == "kept" or len(versions) == 1:
        return versions[-1]
    if fate == "dropped":
        return versions[0]
    return b"".join(
        random.choice(versions)[start : start + SECTOR] for start in range(0, PAGE, SECTOR)
    )
