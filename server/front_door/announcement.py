"""The server announces itself in the local network by mDNS (RFC 6762) and DNS-SD (RFC 6763).

Service `_genba._tcp`; TXT: `site` (its name), `id`, `tls` (0 or 1), `name` (the TLS server name).
It answers for `<host>.local` too, so that phones find it where no avahi runs.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr
from zeroconf import IPVersion, ServiceInfo
from zeroconf._services.info import AddressResolver
from zeroconf.asyncio import AsyncZeroconf

from server.kernel.database import Connection
from server.kernel.module import Check, Finding, Site

SERVICE = "_genba._tcp.local."
LOOK_SECONDS = 10.0
CONFLICT_MS = 1_500
# A DNS label holds 63 bytes (RFC 1035, 2.3.4); zeroconf may add "-2" and so on.
LABEL_BYTES = 58
# Bridges of containers and tunnels: they are no part of the site's network.
_NOT_LAN = ("lo", "docker", "br-", "veth", "virbr", "tun", "tap", "wg", "tailscale", "zt")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where others reach the server: the name without `.local`, the port, and whether by TLS."""

    host: str
    port: int
    tls: bool

    @property
    def name(self) -> str:
        """The name with its domain."""
        return f"{self.host}.local"


@dataclass(frozen=True, slots=True)
class Words:
    """All that is announced."""

    site: str
    id: str
    addresses: tuple[str, ...]


class Announcement:
    """Announces the site; begins anew when its name or the box's addresses change."""

    def __init__(
        self,
        place: Place,
        site: Callable[[], Site],
        interfaces: Sequence[str] = (),
        *,
        shared: bool = False,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """`shared`: several processes announce the same; they do not contest the name."""
        self._place = place
        self._site = site
        self._interfaces = frozenset(interfaces)
        self._shared = shared
        self._look_seconds = look_seconds
        self._trouble: dict[str, str | int] | None = None
        self._service = ""

    @property
    def service(self) -> str:
        """The service's name as it is announced, "" while it is not."""
        return self._service

    async def run(self) -> None:
        """Announce until cancelled; then say that the service is gone."""
        while True:
            words = await self._words()
            if not words.addresses:  # no network yet
                await asyncio.sleep(self._look_seconds)
                continue
            async with self._announced(words):
                while True:
                    await asyncio.sleep(self._look_seconds)
                    if await self._words() != words:
                        break

    def check(self) -> Check:
        """Return the check that says whether somebody else answers to our name."""

        async def run(_: Connection) -> Finding | None:
            return Finding("warning", self._trouble) if self._trouble else None

        return Check("discovery", run)

    @asynccontextmanager
    async def _announced(self, words: Words) -> AsyncGenerator[None]:
        interfaces = [address for address in words.addresses if ip_address(address).version == 4]
        network = AsyncZeroconf(interfaces=interfaces, ip_version=IPVersion.V4Only)
        try:
            await self._look_for_rival(network, words)
            info = service_info(self._place, words)
            # A name that is taken gets a number.
            telling = await network.async_register_service(
                info, allow_name_change=True, cooperating_responders=self._shared
            )
            await telling
            _log.info("announced", extra={"service": info.name, "host": self._place.name})
            self._service = info.name
            yield
        finally:
            self._service = ""
            await network.async_unregister_all_services()
            await network.async_close()

    async def _look_for_rival(self, network: AsyncZeroconf, words: Words) -> None:
        """Learn whether another host has our host name: zeroconf renames services, not hosts."""
        resolver = AddressResolver(f"{self._place.name}.")
        await resolver.async_request(network.zeroconf, CONFLICT_MS)
        others = sorted(set(resolver.parsed_addresses()) - set(words.addresses))
        self._trouble = None
        if others:
            self._trouble = {"name": self._place.name, "address": others[0]}
            _log.warning("another host has our name", extra={"host": self._place.name})

    async def _words(self) -> Words:
        site = self._site()
        addresses = await asyncio.to_thread(lan_addresses, self._interfaces)
        return Words(site.name, site.id, addresses)


def service_info(place: Place, words: Words) -> ServiceInfo:
    """Return the records of the announcement."""
    # A dot would end the label.
    label = words.site.replace(".", " ").encode()[:LABEL_BYTES].decode(errors="ignore").strip()
    return ServiceInfo(
        SERVICE,
        f"{label or 'Genba'}.{SERVICE}",
        port=place.port,
        properties={
            "site": words.site[:60],
            "id": words.id,
            "tls": "1" if place.tls else "0",
            "name": place.name,
        },
        server=f"{place.name}.",
        parsed_addresses=list(words.addresses),
    )


def lan_addresses(interfaces: frozenset[str]) -> tuple[str, ...]:
    """Return this box's addresses on these interfaces, or (none named) on all of the LAN. Blocks.

    IPv4 first; of IPv6 those that are good beyond one link.
    """
    found: list[IPv4Address | IPv6Address] = []
    for adapter in ifaddr.get_adapters():
        wanted = adapter.name in interfaces if interfaces else not adapter.name.startswith(_NOT_LAN)
        for each in adapter.ips if wanted else ():
            address = ip_address(each.ip if isinstance(each.ip, str) else each.ip[0])
            if not address.is_loopback and (address.version == 4 or not address.is_link_local):
                found.append(address)
    return tuple(str(address) for address in sorted(found, key=lambda a: (a.version, int(a))))
