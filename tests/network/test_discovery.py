"""Another host finds the site by mDNS, with nothing but the cable between them."""

import asyncio

from zeroconf import AddressResolverIPv4, IPVersion
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from server.front_door.announcement import Announcement, Place
from server.kernel.module import Finding, Site
from support.far_site import NAME, SITE, FarSite
from support.namespaces import Host

SERVICE = "_genba._tcp.local."
SECONDS = 20


def discover(address: str) -> AsyncServiceInfo:
    """Listen on the cable until a site is announced; return what is said of it."""

    async def listen() -> AsyncServiceInfo:
        found: asyncio.Queue[str] = asyncio.Queue()

        def heard(name: str, **_: object) -> None:
            found.put_nowait(name)

        async with AsyncZeroconf(interfaces=[address], ip_version=IPVersion.V4Only) as network:
            browser = AsyncServiceBrowser(network.zeroconf, SERVICE, handlers=[heard])
            try:
                async with asyncio.timeout(SECONDS):
                    info = AsyncServiceInfo(SERVICE, await found.get())
                    while not await info.async_request(network.zeroconf, 3_000):
                        pass
                    return info
            finally:
                await browser.async_cancel()

    return asyncio.run(listen())


def resolve(address: str) -> list[str]:
    """Ask for the site's name as a phone does."""

    async def ask() -> list[str]:
        async with AsyncZeroconf(interfaces=[address], ip_version=IPVersion.V4Only) as network:
            resolver = AddressResolverIPv4(f"{NAME}.")
            async with asyncio.timeout(SECONDS):
                while not await resolver.async_request(network.zeroconf, 3_000):
                    pass
            return resolver.parsed_addresses()

    return asyncio.run(ask())


async def test_the_site_is_found_with_its_port_and_its_name(site: FarSite, client: Host) -> None:
    info = await client.do(discover, client.address)
    assert info.port == 443
    assert info.parsed_addresses() == [site.host.address]
    words = {key.decode(): (value or b"").decode() for key, value in info.properties.items()}
    [named] = (await site.get("/api/v1/journal?kind=site.changed"))["items"]
    assert words == {"site": SITE, "id": named["subject"], "tls": "1", "name": NAME}
    assert info.name == f"{SITE}.{SERVICE}"


async def test_a_phone_finds_the_address_of_the_sites_name(site: FarSite, client: Host) -> None:
    assert await client.do(resolve, client.address) == [site.host.address]


def rival(address: str) -> tuple[str, object]:
    """Announce a second site of the same names; return its service's name and what it finds."""

    async def announce() -> tuple[str, object]:
        place = Place("genba", 443, tls=True)
        second = Announcement(place, lambda: Site(SITE, "Asia/Tokyo", "ja"), ["eth0"])
        running = asyncio.create_task(second.run())
        async with asyncio.timeout(SECONDS):
            while not second.service:
                await asyncio.sleep(0.02)
        name, finding = second.service, await second.check().run(None)
        running.cancel()
        await asyncio.wait([running])
        return name, finding

    return asyncio.run(announce())


async def test_a_second_box_of_the_same_name_is_renamed_and_says_so(
    site: FarSite, client: Host
) -> None:
    await client.do(discover, client.address)
    name, finding = await client.do(rival, client.address)
    assert name == f"{SITE}-2.{SERVICE}"
    assert finding == Finding("warning", {"name": NAME, "address": site.host.address})
