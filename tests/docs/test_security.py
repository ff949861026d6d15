"""The security document's table of ASVS is whole, and counts itself rightly."""

import re
from collections import Counter
from pathlib import Path

DOCUMENT = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
LINE = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (met|n/a|open) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`((?:tests/[\w/]*)?test_\w+)(\.py)?`")


def test_every_requirement_of_levels_1_and_2_has_its_line_once() -> None:
    numbers = [line[0] for line in LINE.findall(DOCUMENT)]
    assert len(numbers) == len(set(numbers)) == 253


def test_the_counts_are_right() -> None:
    counts = Counter(line[2] for line in LINE.findall(DOCUMENT))
    said = re.search(r"(\d+) requirements: (\d+) met, (\d+) not applicable, (\d+) open", DOCUMENT)
    assert said is not None
    counted = (counts.total(), counts["met"], counts["n/a"], counts["open"])
    assert tuple(int(number) for number in said.groups()) == counted


def test_the_tests_that_it_names_are_there() -> None:
    tests = Path(__file__).parents[1]
    files = {path.stem for path in tests.rglob("test_*.py")}
    functions = "\n".join(path.read_text() for path in tests.rglob("test_*.py"))
    for name, _ in TEST.findall(DOCUMENT):
        last = name.rpartition("/")[2]
        assert last in files or f"def {last}(" in functions, name
