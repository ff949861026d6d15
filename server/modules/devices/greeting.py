"""How a link begins: both sides prove that they hold their keys, before a row is sent."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from contract.ids import AgentId, is_id
from contract.link import PROTOCOL, SPEAKS, Challenge, Hello
from contract.proof import NONCE_BYTES, agent_claim, server_claim
from server.kernel.database import Connection, Database, DatabaseUnavailable
from server.kernel.journal import Journal
from server.modules.devices import events, store
from server.modules.devices.identity import SiteIdentity, is_signed
from server.modules.devices.model import Agent
from server.modules.devices.wire import Malformed, Wire

QUIET_SECONDS = 60.0
MAX_REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class Greeted:
    """An agent that has proved itself, and the server's proof for its Welcome."""

    agent: Agent
    hello: Hello
    signature: bytes


class WrongVersion(Exception):
    """The agent speaks a protocol that this server does not."""


class Refused(Exception):
    """The agent did not prove to be one of ours: `reason` is unknown, revoked or signature."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Greeter:
    """Asks those who open a link who they are."""

    def __init__(self, database: Database, identity: SiteIdentity, refusals: "Refusals") -> None:
        self._database = database
        self._identity = identity
        self._refusals = refusals

    async def greet(self, wire: Wire, address: str) -> Greeted | None:
        """Return who is there, or None for one who went away without a word.

        The nonce is fresh for each link: a hello that was overheard fails the next time. Raises
        Malformed, WrongVersion, Refused (told to the journal), DatabaseUnavailable.
        """
        nonce, site_key = secrets.token_bytes(NONCE_BYTES), self._identity.public_key
        await wire.send(Challenge(nonce, site_key, PROTOCOL))
        hello = await wire.receive()
        if hello is None:
            return None
        if not isinstance(hello, Hello):
            raise Malformed("hello expected")
        if hello.protocol not in SPEAKS:
            raise WrongVersion()
        if len(hello.nonce) != NONCE_BYTES:
            raise Malformed("nonce")
        claimed = AgentId(hello.agent[:64])
        agent = await self._agent(claimed)
        claim = agent_claim(nonce, hello.nonce, claimed, site_key)
        reason = _fault(agent, claim, hello.signature)
        if agent is None or reason:
            await self._refusals.tell(claimed, reason, address)
            raise Refused(reason)
        proof = server_claim(nonce, hello.nonce, claimed, site_key)
        return Greeted(agent, hello, self._identity.sign(proof))

    async def _agent(self, claimed: AgentId) -> Agent | None:
        if not is_id(claimed):
            return None
        async with self._database.connection() as connection:
            return await store.agent_by_id(connection, claimed)


def _fault(agent: Agent | None, claim: bytes, signature: bytes) -> str:
    """Return why this agent gets no link; that it is revoked is told to its owner only."""
    if agent is None:
        return "unknown"
    if not is_signed(claim, signature, agent.public_key):
        return "signature"
    return "revoked" if agent.revoked else ""


class Refusals:
    """Writes refused links to the journal: one a minute for each address and reason.

    Whoever knocks decides how often this is asked for: what it writes and remembers is bounded.
    """

    def __init__(
        self, database: Database, journal: Journal, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}

    async def tell(self, claimed: AgentId, reason: str, address: str) -> None:
        """Write down that an agent was refused, unless that was just done."""
        now = self._clock()
        self._told = {k: at for k, at in self._told.items() if now - at < QUIET_SECONDS}
        if (address, reason) in self._told or len(self._told) >= MAX_REMEMBERED:
            return
        self._told[address, reason] = now

        async def work(connection: Connection) -> None:
            news = events.LinkRefusedNews(reason, address)
            subject = claimed if is_id(claimed) else "-"
            await self._journal.tell(connection, "nobody", events.LINK_REFUSED, subject, news)

        try:
            await self._database.run(work)
        except DatabaseUnavailable:
            self._told.pop((address, reason), None)
