"""What can be wrong with the journal or its checkpoints, and how it is said in plain words."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

# So many faults are kept and told one by one; a journal in ruins has as many as entries.
TOLD = 1_000


class FaultKind(enum.StrEnum):
    """What is wrong at a position."""

    CHANGED = "changed"
    ENTRY_MISSING = "entry_missing"
    SEAL_MISSING = "seal_missing"
    SEAL_UNKNOWN = "seal_unknown"
    NEVER_SEALED = "never_sealed"
    END_MISSING = "end_missing"
    EPOCH_WRONG = "epoch_wrong"
    REDACTION_UNDONE = "redaction_undone"
    CHECKPOINT_DIFFERS = "checkpoint_differs"
    CHECKPOINT_FORGED = "checkpoint_forged"
    CHECKPOINT_MISSING = "checkpoint_missing"
    CHECKPOINT_KEY = "checkpoint_key"
    COPIES_DIFFER = "copies_differ"


_WORDS = {
    FaultKind.CHANGED: "the entry, or its seal, is not what was sealed",
    FaultKind.ENTRY_MISSING: "the entry is gone; its seal is still there",
    FaultKind.SEAL_MISSING: "this position is gone, entry and seal",
    FaultKind.SEAL_UNKNOWN: "a seal stands outside of what was ever sealed",
    FaultKind.NEVER_SEALED: "an entry was slipped in among sealed ones",
    FaultKind.END_MISSING: "the end of the journal was cut off from here",
    FaultKind.EPOCH_WRONG: "the position lies outside of its epoch",
    FaultKind.REDACTION_UNDONE: "what a redaction took out does not stay out",
    FaultKind.CHECKPOINT_DIFFERS: "history was rewritten: a checkpoint noted another hash here",
    FaultKind.CHECKPOINT_FORGED: "the checkpoint was edited, or signed with no key of ours",
    FaultKind.CHECKPOINT_MISSING: "checkpoints before this one are gone",
    FaultKind.CHECKPOINT_KEY: "the trusted key neither signed these nor vouches for who did",
    FaultKind.COPIES_DIFFER: "the copies of this checkpoint differ",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: at a position (0: none), in an entry, or in a line of a file."""

    position: int
    kind: FaultKind
    entry: str | None = None
    where: str = ""

    def __str__(self) -> str:
        place = self.where or (f"position {self.position}" if self.position else "unsealed entry")
        named = f" (entry {self.entry})" if self.entry else ""
        return f"{place}: {_WORDS[self.kind]}{named}"


class Faults:
    """Faults as they are found: all counted, the first ones kept."""

    def __init__(self) -> None:
        self.kept: list[Fault] = []
        self.count = 0

    def note(
        self, position: int, kind: FaultKind, entry: str | None = None, where: str = ""
    ) -> None:
        """Take note of one."""
        self.count += 1
        if len(self.kept) < TOLD:
            self.kept.append(Fault(position, kind, entry, where))

    def take(self, others: "Faults") -> None:
        """Take over what another search found."""
        self.count += others.count
        self._keep(others.kept)

    def _keep(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            if len(self.kept) < TOLD:
                self.kept.append(fault)
