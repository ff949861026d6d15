"""Which site this agent belongs to, where its server is now, and how it comes to belong to one."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from agent.discovery import Discovery
from agent.identity import Identity, load_identity, store_identity
from agent.link_status import LinkEnded
from agent.outbox import Outbox, OutboxError
from agent.pairing import Attempt, PairingFailed, begin
from agent.pairing_desk import FoundSite, PairingDesk
from agent.server_address import BadAddress, ServerAddress, read_address
from contract.kiosk import StartPairing
from contract.release import VERSION


class Membership:
    """The identity in the agent's folder, the desk that gets one, and the search for the server.

    `changed` is called when the kiosk has something else to draw, `found` when a server came or
    moved, `renewed` with the identity that came of a pairing.
    """

    def __init__(
        self,
        folder: Path,
        server_url: str,
        outbox: Outbox,
        *,
        changed: Callable[[], None],
        found: Callable[[], None],
        renewed: Callable[[Identity], None],
    ) -> None:
        """`server_url` is the one that the settings name; empty: searched by mDNS."""
        self._folder = folder
        self._server_url = server_url
        self._outbox = outbox
        self._renewed = renewed
        self._discovery = Discovery(found)
        self.desk = PairingDesk(_begin, self._sites, self._at_stake, self._keep, changed)

    async def run(self) -> None:
        """Serve the kiosk's pairing, and search, until cancelled."""
        if load_identity(self._folder) is None:
            self.desk.handle(StartPairing())
        async with asyncio.TaskGroup() as group:
            group.create_task(self.desk.run())
            if not self._server_url:
                group.create_task(self._discovery.run())

    async def identity(self) -> Identity | None:
        """Return who the agent is. Raises LinkEnded when the disk refuses.

        A fresh identity begins with a queue epoch of its own: rows that waited under another one
        would else look like holes to the server.
        """
        identity = load_identity(self._folder)
        if identity is None or not identity.fresh:
            return identity
        used = msgspec.structs.replace(identity, fresh=False)
        try:
            await self._outbox.begin_epoch()
            await asyncio.to_thread(store_identity, self._folder, used)
        except (OutboxError, OSError) as exc:
            raise LinkEnded(f"the queue cannot begin an epoch: {exc}") from exc
        return used

    def where(self, identity: Identity) -> ServerAddress | None:
        """Return where the site's server is: as set, as mDNS tells, or as it was when paired."""
        found = None if self._server_url else self._discovery.where(identity.site)
        if found is not None:
            return found
        try:
            return read_address(self._server_url or identity.server)
        except BadAddress:
            return None

    def _sites(self) -> Sequence[FoundSite]:
        if not self._server_url:
            return self._discovery.sites()
        address = read_address(self._server_url)
        return (FoundSite("", address.name, address),)

    def _at_stake(self, identity: Identity) -> int:
        before = load_identity(self._folder)
        same = before is None or before.site_key == identity.site_key
        return 0 if same else self._outbox.count

    async def _keep(self, identity: Identity) -> None:
        try:
            await asyncio.to_thread(store_identity, self._folder, identity)
        except OSError as exc:
            raise PairingFailed("disk", str(exc)) from exc
        self._renewed(identity)


def _begin(address: ServerAddress, site: str) -> Attempt:
    return begin(address, site, socket.gethostname(), VERSION)
