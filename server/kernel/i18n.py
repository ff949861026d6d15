"""Fluent catalogues: one set of files for Python and browser, Japanese first."""

from collections.abc import Sequence
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource

LANGUAGES = ("ja", "en")
Language = str


class MissingText(KeyError):
    """No catalogue has this message."""


class Catalogues:
    """All texts of the kernel and the modules, by language."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Read `<folder>/<language>.ftl` of each folder; a folder without catalogues is fine."""
        self._source: dict[Language, str] = {}
        self._bundles: dict[Language, FluentBundle] = {}
        for language in LANGUAGES:
            parts = [
                path.read_text(encoding="utf-8")
                for folder in folders
                if (path := folder / f"{language}.ftl").is_file()
            ]
            self._source[language] = "\n".join(parts)
            bundle = FluentBundle([language], use_isolating=False)
            for part in parts:
                bundle.add_resource(FluentResource(part))
            self._bundles[language] = bundle

    def text(self, language: Language, message: str, **words: str | int) -> str:
        """Return the message in that language; `id.attribute` names an attribute.

        Raises MissingText.
        """
        bundle = self._bundles[language]
        name, _, attribute = message.partition(".")
        if not bundle.has_message(name):
            raise MissingText(message)
        found = bundle.get_message(name)
        pattern = found.attributes.get(attribute) if attribute else found.value
        if pattern is None:
            raise MissingText(message)
        formatted, _errors = bundle.format_pattern(pattern, words)
        return str(formatted)

    def has(self, language: Language, message: str) -> bool:
        """Say whether the message (or `id.attribute`) exists."""
        try:
            self.text(language, message)
        except MissingText:
            return False
        return True

    def source(self, language: Language) -> str:
        """Return the catalogue's text for the browser."""
        return self._source[language]


def negotiate(accept_language: str, chosen: str | None = None) -> Language:
    """Pick the language: what the user chose, else the browser's best, else Japanese.

    RFC 9110, section 12.5.4; a quality that cannot be read counts as 0.
    """
    if chosen in LANGUAGES:
        return chosen
    best: tuple[float, Language] = (0.0, LANGUAGES[0])
    for part in accept_language.split(","):
        tag, _, quality = part.strip().partition(";q=")
        language = tag.strip().lower().split("-")[0]
        if language not in LANGUAGES:
            continue
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > best[0]:
            best = (weight, language)
    return best[1]
