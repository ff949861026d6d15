"""The simulated power loss itself: it takes what a disk may lose, and nothing more."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.power import PowerDisk
from support.power.trace import read

PRELUDE = """
import os
os.chdir(os.environ["GENBA_RECORD_FOLDER"])

def make(name, flags=0):
    return os.open(name, os.O_CREAT | os.O_RDWR | flags)

def mark():
    print(os.stat(os.environ["GENBA_RECORD_TRACE"]).st_size)

"""
LOSSES = 60
CELL = 128


@dataclass
class Bench:
    """A place for recorded folders that share one recorder."""

    path: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def disk(self) -> PowerDisk:
        number = next(self._numbers)
        folder = self.path / f"disk-{number}"
        folder.mkdir()
        return PowerDisk(folder, self.path / f"trace-{number}")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("power"))


@pytest.fixture
def disk(bench: Bench) -> PowerDisk:
    return bench.disk()


def run(disk: PowerDisk, program: str) -> list[int]:
    """Run a recorded program and return the points that it has marked."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", PRELUDE + program],
        env={**os.environ, **disk.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


def after_losses(disk: PowerDisk, at: int | None = None) -> list[dict[str, bytes]]:
    """Return the folder's files as they are found after each of many power losses."""
    found = []
    into = disk.trace.with_suffix(".image")
    for seed in range(LOSSES):
        disk.lose_power(random.Random(seed), at, into)
        found.append(contents(into))
    return found


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_was_synced_is_always_there(disk: PowerDisk) -> None:
    (at,) = run(disk, "a = make('a'); os.write(a, b'x' * 9000); os.fsync(a); mark()")
    assert all(image == {"a": b"x" * 9000} for image in after_losses(disk, at))


def test_what_was_not_synced_is_kept_lost_or_torn(disk: PowerDisk) -> None:
    run(disk, "a = make('a'); os.write(a, b'o' * 8192); os.fsync(a); os.pwrite(a, b'n' * 8192, 0)")
    found = [image["a"] for image in after_losses(disk)]
    assert b"o" * 8192 in found
    assert b"n" * 8192 in found
    sectors = {each[at : at + 512] for each in found for at in range(0, 8192, 512)}
    assert sectors == {b"o" * 512, b"n" * 512}, "a sector is never torn"
    assert any(len(set(page)) > 1 for each in found for page in (each[:4096], each[4096:]))


def test_a_crash_point_knows_nothing_of_what_came_later(disk: PowerDisk) -> None:
    program = (
        "a = make('a'); os.write(a, b'1'); os.fsync(a); mark()\nos.write(a, b'2')\nos.fsync(a)"
    )
    (at,) = run(disk, program)
    assert all(image == {"a": b"1"} for image in after_losses(disk, at))


def test_a_sync_that_has_not_returned_promises_nothing(disk: PowerDisk) -> None:
    run(disk, "a = make('a'); os.write(a, b'x'); os.fsync(a)")
    before_done = read(disk.trace.read_bytes())[-2].end
    found = after_losses(disk, before_done)
    assert {} in found
    assert {"a": b"x"} in found


def test_a_rename_without_a_sync_may_be_lost_and_may_outlive_the_bytes(disk: PowerDisk) -> None:
    run(
        disk,
        "a = make('a'); os.write(a, b'old'); os.fsync(a)\n"
        "b = make('b'); os.write(b, b'new'); os.rename('b', 'a')",
    )
    found = [image["a"] for image in after_losses(disk)]
    assert {b"old", b"new", b""} <= set(found)


def test_names_change_in_order_and_fsync_makes_all_before_it_durable(disk: PowerDisk) -> None:
    (at,) = run(
        disk,
        "for name in 'abc': make(name)\n"
        "os.fsync(make('d')); mark()\n"
        "os.unlink('a'); os.rename('b', 'x'); os.mkdir('y'); make('y/z')",
    )
    assert all(set(image) == set("abcd") for image in after_losses(disk, at))
    found = {"".join(sorted(image)) for image in after_losses(disk)}
    assert found == {"abcd", "bcd", "cdx", "cdxy/z"}


def test_fdatasync_of_settled_bytes_commits_no_names(disk: PowerDisk) -> None:
    run(
        disk,
        "a = make('a'); os.write(a, b'1' * 512); os.fsync(a)\n"
        "os.pwrite(a, b'2' * 512, 0); os.rename('a', 'b'); os.fdatasync(a)",
    )
    found = after_losses(disk)
    assert {name for image in found for name in image} == {"a", "b"}
    assert all(set(image.values()) == {b"2" * 512} for image in found)


def test_fsync_of_the_folder_makes_a_rename_durable(disk: PowerDisk) -> None:
    run(
        disk,
        "a = make('a'); os.write(a, b'1'); os.fsync(a)\n"
        "os.rename('a', 'b'); os.fsync(os.open('.', os.O_RDONLY))",
    )
    assert all(image == {"b": b"1"} for image in after_losses(disk))


def test_a_lost_truncation_takes_with_it_what_was_written_after(disk: PowerDisk) -> None:
    run(
        disk,
        "a = make('a'); os.write(a, b'o' * 8192); os.fsync(a)\n"
        "os.ftruncate(a, 0); os.pwrite(a, b'n' * 8192, 0)",
    )
    found = [image["a"] for image in after_losses(disk)]
    assert b"o" * 8192 in found
    assert not any(b"o" in each and b"n" in each for each in found)


def test_each_write_of_a_file_opened_for_direct_sync_survives(disk: PowerDisk) -> None:
    (at,) = run(disk, "a = make('a', os.O_DSYNC); os.write(a, b'x' * 5000); mark()")
    assert all(image == {"a": b"x" * 5000} for image in after_losses(disk, at))


def test_other_descriptors_and_names_are_the_same_file(disk: PowerDisk) -> None:
    run(
        disk,
        "a = make('a'); b = os.dup(a); os.close(a); os.write(b, b'1'); os.rename('a', 'c')\n"
        "os.lseek(b, 0, os.SEEK_END); os.writev(b, [b'2', b'3']); c = make('c', os.O_APPEND)\n"
        "os.write(c, b'4'); os.pwritev(b, [b'0'], 0); os.fsync(os.open('c', os.O_RDONLY))",
    )
    assert all(image == {"c": b"0234"} for image in after_losses(disk))


def test_an_operation_that_failed_never_happened(disk: PowerDisk) -> None:
    run(
        disk,
        """
import resource
a = make('a'); os.write(a, b'x'); os.mkdir('d'); make('d/e')
for fails in (lambda: os.rename('nothing', 'a'), lambda: os.rmdir('d'), lambda: os.unlink('d'),
              lambda: make('a', os.O_EXCL | os.O_TRUNC), lambda: os.mkdir('a')):
    try: fails()
    except OSError: pass
    else: raise SystemExit('did not fail')
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
assert os.pwrite(a, b'y' * 1000, (1 << 20) - 10) == 10
os.fsync(a)
""",
    )
    expected = {"a": b"x".ljust((1 << 20) - 10, b"\0") + b"y" * 10, "d/e": b""}
    assert all(image == expected for image in after_losses(disk))


def test_threads_and_forked_processes_are_recorded_in_one_order(disk: PowerDisk) -> None:
    (at,) = run(
        disk,
        """
import threading
def work(name):
    for number in range(50):
        one = make(name, os.O_APPEND); os.write(one, b'%d,' % number); os.fsync(one); os.close(one)
for child in 'ab':
    if os.fork() == 0:
        all = [threading.Thread(target=work, args=(child + str(n),)) for n in range(4)]
        for each in all: each.start()
        for each in all: each.join()
        os._exit(0)
for _ in 'ab': os.wait()
mark()
""",
    )
    expected = b"".join(b"%d," % number for number in range(50))
    images = after_losses(disk, at)
    assert all(image == {f"{c}{n}": expected for c in "ab" for n in range(4)} for image in images)


def test_what_stdio_writes_is_recorded(disk: PowerDisk) -> None:
    run(
        disk,
        """
import ctypes
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
f = ctypes.c_void_p(c.fopen(b'a', b'w'))
c.fputs(b'hello', f); c.fclose(f); os.fsync(os.open('a', os.O_RDONLY))
""",
    )
    assert all(image == {"a": b"hello"} for image in after_losses(disk))


def test_a_record_that_its_killed_program_left_short_is_skipped(disk: PowerDisk) -> None:
    run(disk, "a = make('a'); os.write(a, b'x' * 5000); os.fsync(a)")
    trace = disk.trace.read_bytes()
    whole = read(trace)
    cut = trace[: whole[0].end] + trace[whole[0].end : whole[1].end - 904] + trace[whole[1].end :]
    kinds = [record.kind for record in whole]
    assert [record.kind for record in read(cut)] == [kinds[0], *kinds[2:]]
    assert [record.kind for record in read(trace[:-1])] == kinds[:-1]


def test_recording_goes_on_after_a_loss(disk: PowerDisk) -> None:
    run(disk, "a = make('a'); os.write(a, b'1'); os.fsync(a); os.mkdir('d'); make('d/e')")
    disk.lose_power(random.Random(1))
    survived = contents(disk.folder)
    assert survived["a"] == b"1"
    assert disk.now() == 0
    run(disk, "a = make('a', os.O_APPEND); os.write(a, b'2'); os.fsync(a)")
    assert all(image == {**survived, "a": b"12"} for image in after_losses(disk))


def test_modes_are_kept_and_a_link_is_refused(disk: PowerDisk) -> None:
    run(disk, "os.close(os.open('s', os.O_CREAT | os.O_WRONLY, 0o600)); os.fsync(make('a'))")
    disk.lose_power(random.Random(1))
    assert (disk.folder / "s").stat().st_mode & 0o777 == 0o600
    (disk.folder / "link").symlink_to("a")
    with pytest.raises(ValueError, match="symbolic"):
        PowerDisk(disk.folder, disk.trace.with_suffix(".other")).lose_power(random.Random(1))


def test_a_library_that_is_preloaded_already_stays_in_front(
    disk: PowerDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_PRELOAD", "libfirst.so")
    assert disk.environment["LD_PRELOAD"].startswith("libfirst.so:/")


def test_without_a_compiler_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (tmp_path / "folder").mkdir()
    with pytest.raises(RuntimeError, match="C compiler"):
        PowerDisk(tmp_path / "folder", tmp_path / "trace")


# --- any sequence of operations, against a model that shares nothing with the simulation

Bytes = list[int]  # one value a cell; a cell is written whole
names = st.sampled_from("abc")
cells = st.integers(0, 70)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("write"), names, cells, st.integers(1, 40)),
        st.tuples(st.sampled_from(("fsync", "fdatasync", "unlink")), names),
        st.tuples(st.just("truncate"), names, cells),
        st.tuples(st.just("rename"), names, names),
        st.tuples(st.just("folder")),
    ),
    max_size=25,
)
PLAYER = f"""
for number, (what, *rest) in enumerate(OPERATIONS, 1):
    try:
        if what == 'write':
            fd = make(rest[0])
            os.pwrite(fd, bytes([number]) * ({CELL} * rest[2]), {CELL} * rest[1])
            os.close(fd)
        elif what in ('fsync', 'fdatasync'):
            fd = os.open(rest[0], os.O_RDWR)
            getattr(os, what)(fd)
            os.close(fd)
        elif what == 'unlink':
            os.unlink(rest[0])
        elif what == 'truncate':
            os.truncate(rest[0], {CELL} * rest[1])
        elif what == 'rename':
            os.rename(*rest)
        else:
            os.fsync(os.open('.', os.O_RDONLY))
    except FileNotFoundError:
        pass
    mark()
"""


class Model:
    """All states that names and files have had, and what of them must survive."""

    def __init__(self) -> None:
        self.names: list[dict[str, int]] = [{}]
        self.files: dict[int, list[Bytes]] = {}  # by number of the file: its states since its sync
        self.written: dict[int, list[tuple[range, int]]] = {}  # what was written since
        self.committed = 0

    def take(self, number: int, what: str, *rest: str | int) -> None:
        now = dict(self.names[-1])
        file = now.get(str(rest[0])) if rest else None
        match what:
            case "write":
                at, size = int(rest[1]), int(rest[2])
                if file is None:
                    file = now[str(rest[0])] = number
                    self.files[file], self.written[file] = [[]], []
                last = self.files[file][-1]
                padded = last + [0] * (at - len(last))
                self.files[file].append(padded[:at] + [number] * size + padded[at + size :])
                self.written[file].append((range(at, at + size), number))
            case "truncate" if file is not None:
                size = int(rest[1])
                last = self.files[file][-1]
                self.files[file].append((last + [0] * (size - len(last)))[:size])
                self.written[file].append((range(size, 1000), 0))
            case "rename" if file is not None:
                del now[str(rest[0])]
                now[str(rest[1])] = file
            case "unlink" if file is not None:
                del now[str(rest[0])]
            case "fsync" | "fdatasync" if file is not None:
                self.files[file], self.written[file] = self.files[file][-1:], []
        self.names.append(now)
        if what == "folder" or (what == "fsync" and file is not None):
            self.committed = len(self.names) - 1

    def allows(self, image: dict[str, bytes]) -> bool:
        return any(
            names.keys() == image.keys()
            and all(self._may_be(file, image[name]) for name, file in names.items())
            for names in self.names[self.committed :]
        )

    def _may_be(self, file: int, found: bytes) -> bool:
        states, written = self.files[file], self.written[file]
        sizes = [len(state) * CELL for state in states]
        if not min(sizes) <= len(found) <= max(sizes):
            return False
        for start in range(0, len(found), CELL):
            cell = start // CELL
            may = {value for where, value in written if cell in where}
            may |= {states[0][cell]} if cell < len(states[0]) else {0}
            if not set(found[start : start + CELL]) & may or len(set(found[start:][:CELL])) > 1:
                return False
        return True


@settings(max_examples=60, deadline=None)
@given(operations, st.randoms(use_true_random=False))
def test_any_operations_survive_as_the_model_says(
    bench: Bench, done: list[tuple[str, ...]], chance: random.Random
) -> None:
    disk = bench.disk()
    marks = run(disk, f"OPERATIONS = {done!r}\n{PLAYER}")
    model = Model()
    for number, (mark, operation) in enumerate(zip(marks, done, strict=True), 1):
        model.take(number, *operation)
        for _ in range(3):
            disk.lose_power(chance, mark, disk.trace.with_suffix(".image"))
            image = contents(disk.trace.with_suffix(".image"))
            assert model.allows(image), f"after {done[:number]}: {image}"
