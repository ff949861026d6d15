"""The catalogues: both languages say the same things, and nothing that can happen lacks words."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast

from contract.cards import CardProblem
from contract.kiosk import Tone
from contract.lending import Refusal
from contract.link import ReaderState
from contract.sign_in import SignInResult

KIOSK = Path(__file__).resolve().parents[2] / "kiosk"
READER_CODES = (
    "no_reader",
    "unplugged",
    "pcscd_unreachable",
    "permission_denied",
    "device_busy",
    "driver_missing",
    "driver_failed",
    "stopped",
)
CARD_CODES = ("card_read_too_early", "card_unreadable", "card_in_use")
FOLDERS = (KIOSK / "locales", KIOSK / "kit" / "locales")


def catalogue(file: Path) -> dict[str, ast.Message]:
    resource = FluentParser().parse(file.read_text(encoding="utf-8"))
    junk = [entry.content for entry in resource.body if isinstance(entry, ast.Junk)]
    assert not junk, f"{file}: {junk}"
    messages = [entry for entry in resource.body if isinstance(entry, ast.Message)]
    ids = [message.id.name for message in messages]
    assert len(ids) == len(set(ids)), f"{file}: an id is there twice"
    return dict(zip(ids, messages, strict=True))


def variables(node: object) -> set[str]:
    if isinstance(node, ast.VariableReference):
        return {node.id.name}
    if isinstance(node, ast.BaseNode):
        return set().union(*(variables(value) for value in vars(node).values()), set())
    if isinstance(node, list):
        return set().union(*(variables(value) for value in node), set())
    return set()


def sources() -> Iterator[Path]:
    for file in KIOSK.rglob("*.js"):
        if "vendor" not in file.parts:
            yield file


@pytest.mark.parametrize("folder", FOLDERS, ids=["kiosk", "kit"])
def test_both_languages_have_the_same_texts(folder: Path) -> None:
    japanese, english = (catalogue(folder / f"{language}.ftl") for language in ("ja", "en"))
    assert set(japanese) == set(english)


def test_every_text_that_the_code_names_exists() -> None:
    known = {name for folder in FOLDERS for name in catalogue(folder / "ja.ftl")}
    for file in sources():
        text = file.read_text(encoding="utf-8")
        named = set(re.findall(r"""\bt(?:In|Or)?\((?:\w+, )?"([a-z][\w-]+)\"""", text))
        assert named <= known, f"{file.name}: {named - known}"


def test_every_outcome_of_the_contract_has_words() -> None:
    known = set(catalogue(KIOSK / "locales" / "ja.ftl"))
    wanted = {
        *(f"refused-{reason}" for reason in Refusal),
        *(f"refused-{reason}-do" for reason in Refusal),
        *(f"unknown-{problem}" for problem in CardProblem),
        *(f"verb-{tone}" for tone in Tone),
        *(f"said-{tone}" for tone in Tone),
        *(f"reader-{reader}" for reader in ReaderState),
        *(f"reader-{code}" for code in READER_CODES),
        *(f"trouble-{code}" for code in CARD_CODES),
        *(f"pin-{result}" for result in SignInResult if result is not SignInResult.OK),
        *(f"pin-{result}-do" for result in SignInResult if result is not SignInResult.OK),
        *(f"failed-{code}" for code in ("disk_full", "disk_error")),
        *(
            f"link-problem-{code}"
            for code in ("unauthorized", "revoked", "other_site", "not_enrolled", "version")
        ),
    }
    assert wanted <= known, wanted - known


def test_no_text_is_left_over() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in sources())
    stems = set(re.findall(r"`([a-z][\w-]*-)\$\{", code))
    for folder in FOLDERS:
        for name in catalogue(folder / "ja.ftl"):
            by_stem = any(name.startswith(stem) for stem in stems)
            assert by_stem or f'"{name}"' in code, f"{name} is used nowhere"


def test_a_text_uses_the_same_variables_in_both_languages_or_fewer() -> None:
    for folder in FOLDERS:
        japanese, english = (catalogue(folder / f"{language}.ftl") for language in ("ja", "en"))
        for name, message in japanese.items():
            # Japanese has no plural, so that a count may stay unused.
            extra = variables(english[name]) ^ variables(message)
            assert extra <= {"count", "date"}, name
