"""Names: folders, and the steps that change them."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from support.power.contents import File


@dataclass(slots=True, eq=False)
class Folder:
    """A folder with its entries."""

    mode: int
    entries: "dict[str, Folder | File]" = field(default_factory=dict)

    def find(self, path: str) -> "Folder | File | None":
        """Return what has that path below this folder, which is the empty path."""
        found: Folder | File | None = self
        for part in path.split("/") if path else ():
            found = found.entries.get(part) if isinstance(found, Folder) else None
        return found

    def copy(self) -> "Folder":
        """Return the same names for the same files."""
        copied = {
            name: node.copy() if isinstance(node, Folder) else node
            for name, node in self.entries.items()
        }
        return Folder(self.mode, copied)

    def place(self, path: str) -> "tuple[Folder, str] | None":
        """Return the folder that has or would have an entry of that path, and its name there."""
        parent, _, name = path.rpartition("/")
        folder = self.find(parent)
        return (folder, name) if isinstance(folder, Folder) else None


@dataclass(frozen=True, slots=True)
class Step:
    """A change of names; without paths, the mark of a change of a file's size."""

    old: str = ""
    new: str = ""
    made: File | int | None = None  # a new file, or a new folder's mode

    def take(self, root: Folder) -> None:
        """Change the names; what is not as it was when it was recorded stays as it is."""
        node: Folder | File | None = Folder(self.made) if isinstance(self.made, int) else self.made
        if node is None:
            node = root.find(self.old) if self.old else None
        target, source = root.place(self.new), root.place(self.old)
        if self.new and target is not None and node is not None:
            target[0].entries[target[1]] = node
        if self.old and source is not None and not (self.new and node is None):
            source[0].entries.pop(source[1], None)


@dataclass(frozen=True, slots=True)
class Link(Step):
    """A second name for a file."""

    def take(self, root: Folder) -> None:
        """Add the name."""
        node, target = root.find(self.old), root.place(self.new)
        if node is not None and target is not None:
            target[0].entries[target[1]] = node


def scan(path: Path) -> Folder:
    """Return the names and files below a folder; sockets and pipes are no part of a disk."""
    folder = Folder(path.stat().st_mode & 0o7777)
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        if entry.is_symlink():
            raise ValueError(f"{entry.path}: symbolic links are not recorded")
        if entry.is_dir():
            folder.entries[entry.name] = scan(Path(entry.path))
        elif entry.is_file():
            found = entry.stat()
            mode = found.st_mode & 0o7777
            folder.entries[entry.name] = File(Path(entry.path), mode, found.st_size)
    return folder


def files(folder: Folder) -> list[File]:
    """Return all files, each as often as it has names."""
    found: list[File] = []
    for node in folder.entries.values():
        found += files(node) if isinstance(node, Folder) else [node]
    return found


def clear(path: Path) -> None:
    """Make the folder, or empty it."""
    path.mkdir(parents=True, exist_ok=True)
    for entry in list(path.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def write_out(
    folder: Folder, path: Path, owner: tuple[int, int], random: Random, steps: int
) -> None:
    """Write what survives of the files into an empty folder."""
    path.chmod(folder.mode)
    for name, node in sorted(folder.entries.items()):
        into = path / name
        if isinstance(node, Folder):
            into.mkdir()
            write_out(node, into, owner, random, steps)
        elif node.base is not None and not node.changes:
            shutil.copyfile(node.base, into)
            into.chmod(node.mode)
        else:
            into.write_bytes(node.survive(random, steps))
            into.chmod(node.mode)
    for each in (path, *(path / name for name in folder.entries)):
        os.chown(each, *owner)
