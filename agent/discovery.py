"""Sites in the local network, as their servers announce them by mDNS (RFC 6762, RFC 6763)."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from zeroconf import InterfaceChoice, IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from agent.pairing_desk import FoundSite
from agent.server_address import ServerAddress, is_host

log = logging.getLogger(__name__)

SERVICE = "_genba._tcp.local."
ASK_MS = 3_000
RETRY_SECONDS = 15
# The interfaces are those of the moment: Wi-Fi may come up after the agent.
RENEW_SECONDS = 60
MAX_SITES = 20
MAX_ADDRESSES = 4


class Discovery:
    """Runs until cancelled; `changed` is called whenever a site comes, moves or goes."""

    def __init__(
        self,
        changed: Callable[[], None],
        interfaces: Sequence[str] | InterfaceChoice = InterfaceChoice.All,
    ) -> None:
        self._changed = changed
        self._interfaces = interfaces
        self._found: dict[str, FoundSite] = {}  # by the name of the announcement
        self._turn = -1

    def sites(self) -> tuple[FoundSite, ...]:
        """Return the sites that are there now, by name."""
        return tuple(sorted(self._found.values(), key=lambda site: (site.name, site.id)))

    def where(self, site: str) -> ServerAddress | None:
        """Return where the server of this site may be, or None while it is not found.

        Another box may have the same host name, or announce the same id: each call gives the next
        of all addresses, so that the true one has its turn.
        """
        ours = [each for each in self.sites() if site and each.id == site]
        found = list(dict.fromkeys(a for each in ours for a in (each.address, *each.others)))
        if not found:
            return None
        self._turn += 1
        return found[self._turn % len(found)]

    async def run(self) -> None:
        """Listen; a network that is not there yet is waited for."""
        while True:
            try:
                await self._listen()
            except OSError as exc:
                log.info("mDNS does not work here now", extra={"reason": str(exc)})
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        """Listen on the present interfaces; return when nothing was found for a while."""
        names: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()

        def heard(
            zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
        ) -> None:
            names.put_nowait((name, state_change is ServiceStateChange.Removed))

        interfaces = self._interfaces
        chosen = interfaces if isinstance(interfaces, InterfaceChoice) else list(interfaces)
        async with AsyncZeroconf(interfaces=chosen, ip_version=IPVersion.V4Only) as network:
            browser = AsyncServiceBrowser(network.zeroconf, SERVICE, handlers=[heard])
            try:
                while True:
                    patience = None if self._found else RENEW_SECONDS
                    try:
                        async with asyncio.timeout(patience):
                            name, gone = await names.get()
                    except TimeoutError:
                        return
                    await self._take(network.zeroconf, name, gone=gone)
            finally:
                await browser.async_cancel()

    async def _take(self, network: Zeroconf, name: str, *, gone: bool) -> None:
        before = self._found.get(name)
        info = AsyncServiceInfo(SERVICE, name)
        if gone or not await info.async_request(network, ASK_MS):
            self._found.pop(name, None)
        else:
            site = read_announcement(info)
            if site is None or (before is None and len(self._found) >= MAX_SITES):
                return
            self._found[name] = site
        if self._found.get(name) != before:
            self._changed()


def read_announcement(info: AsyncServiceInfo) -> FoundSite | None:
    """Return the site that an announcement tells of, or None if it is none that can be used.

    Whoever is in the network may announce anything: this is a hint where to ask, and no proof.
    """
    addresses = info.parsed_addresses(IPVersion.V4Only)
    words = {
        key.decode("utf-8", "replace"): (value or b"").decode("utf-8", "replace")
        for key, value in info.properties.items()
    }
    site = words.get("id", "")
    if not addresses or not info.port or not site or len(site) > 64:
        return None
    tls = words.get("tls") == "1"
    name = words.get("name") if tls else addresses[0]
    if not name or not is_host(name):
        return None
    first, *others = (
        ServerAddress(tls, name if tls else each, each, info.port)
        for each in addresses[:MAX_ADDRESSES]
    )
    return FoundSite(site, words.get("site", "")[:60] or name, first, tuple(others))
