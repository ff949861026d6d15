"""What a search of the journal asks for, and the SQL of what no index answers."""

from dataclasses import dataclass
from datetime import datetime

_TEXT = "concat_ws(' ', e.subject, e.actor, e.address, e.body)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search for; what is empty filters nothing.

    `text` is looked for in subject, actor, address and body, whatever its case; `since` is the
    first moment, `until` the first beyond.
    """

    subject: str = ""
    kind: str = ""
    actor: str = ""
    module: str = ""
    text: str = ""
    device: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self, first: int, value: str) -> tuple[list[str], list[object]]:
        """Return SQL conditions that no index answers and their arguments, numbered from `first`.

        `value` is how an argument is written: `{0}` stands for its number.
        """
        wanted: list[tuple[object, str, str]] = [
            (self.text, _contains(self.text, "{0}"), "text"),
            (self.device, "e.device = {0}", "text"),
            (self.address, "e.address = {0}", "text"),
            (self.since, "e.at >= {0}", "timestamptz"),
            (self.until, "e.at < {0}", "timestamptz"),
        ]
        chosen = [each for each in wanted if each[0]]
        return (
            [
                condition.format(value.format(f"${number}::{kind}"))
                for number, (_, condition, kind) in enumerate(chosen, first)
            ],
            [argument for argument, _, _ in chosen],
        )


def _contains(text: str, argument: str) -> str:
    """Return the SQL condition that an entry has this text, whatever its case."""
    if text.lower() == text.upper():  # Japanese has no case, and lower() takes most of the time
        return f"strpos({_TEXT}, {argument}) > 0"
    return f"strpos(lower({_TEXT}), lower({argument})) > 0"
