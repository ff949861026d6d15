"""How Japanese text is folded so that a search finds it however it was typed."""

import unicodedata

_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def fold(*texts: str) -> str:
    """Return the texts in one line: NFKC, lower case, hiragana for katakana."""
    joined = unicodedata.normalize("NFKC", " ".join(texts)).casefold()
    return joined.translate(_KATAKANA_TO_HIRAGANA)


def like(search: str) -> str:
    """Return a LIKE pattern that finds the folded search anywhere."""
    folded = fold(search.strip())
    escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
