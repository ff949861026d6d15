"""Texts in two languages."""

import re
from pathlib import Path

import pytest

from server.kernel.i18n import LANGUAGES, Catalogues, MissingText, negotiate
from server.kernel.problems import Problem
from server.shipped import SERVER, catalogues

FOLDERS = sorted(SERVER.rglob("locales"))
_MESSAGE = re.compile(r"^([a-z][\w-]*) *=", re.MULTILINE)


@pytest.mark.parametrize(
    ("header", "chosen", "language"),
    [
        ("", None, "ja"),
        ("en-GB,en;q=0.9", None, "en"),
        ("fr,en;q=0.2,ja;q=0.1", None, "en"),
        ("en;q=0.3,ja;q=0.8", None, "ja"),
        ("fr,de", None, "ja"),
        ("en;q=nonsense", None, "ja"),
        ("ja", "en", "en"),
        ("en", "fr", "en"),
    ],
)
def test_the_users_choice_wins_then_the_browsers_best_then_japanese(
    header: str, chosen: str | None, language: str
) -> None:
    assert negotiate(header, chosen) == language


def problems(kind: type[Problem] = Problem) -> list[type[Problem]]:
    return [kind, *(deeper for each in kind.__subclasses__() for deeper in problems(each))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", problems(), ids=lambda kind: kind.__name__)
def test_every_problem_says_what_it_is_and_what_to_do(kind: type[Problem], language: str) -> None:
    texts = catalogues()
    words = {"permission": "x.read", "value": "1001", "id": "0190"}
    title = texts.text(language, f"problem-{kind.slug}", **words)
    detail = texts.text(language, f"problem-{kind.slug}.detail", **words)
    assert title
    assert detail
    assert "{" not in title + detail


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_of_a_folder_have_the_same_messages(folder: Path) -> None:
    japanese, english = (
        sorted(_MESSAGE.findall((folder / f"{language}.ftl").read_text(encoding="utf-8")))
        for language in LANGUAGES
    )
    assert japanese == english
    assert len(set(japanese)) == len(japanese), "a message is there twice"


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(MissingText):
        Catalogues([]).text("ja", "nothing")
