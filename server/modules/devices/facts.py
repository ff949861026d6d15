"""What a module must offer to be told what happened at the kiosks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contract.facts import Fact
from contract.ids import AgentId
from contract.link import RowAnswer
from contract.replica import ItemRow
from server.kernel.database import Connection


@dataclass(frozen=True, slots=True)
class ReceivedFact:
    """A fact, the agent that reports it, and when it happened as far as can be known."""

    fact: Fact
    agent: AgentId
    at: datetime
    certain: bool


@dataclass(frozen=True, slots=True)
class FactResults:
    """The answers, one a fact in the same order, and how the touched items now stand."""

    answers: Sequence[RowAnswer]
    items: Sequence[ItemRow]


class FactHandler(Protocol):
    """Applies facts."""

    async def apply(self, connection: Connection, received: Sequence[ReceivedFact]) -> FactResults:
        """Apply the facts in order, all in the caller's transaction.

        Never refuses what happened; a fact that means nothing is answered QUARANTINED.
        """
        ...

    async def items_of(self, connection: Connection, facts: Sequence[Fact]) -> Sequence[ItemRow]:
        """Return how the items that these facts, applied before, are about now stand."""
        ...
