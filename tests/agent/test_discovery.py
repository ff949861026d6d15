"""Sites are found by real mDNS messages on the loopback interface, and hostile ones are no harm."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from agent.discovery import SERVICE, Discovery, read_announcement
from agent.server_address import ServerAddress

LOOPBACK = ["127.0.0.1"]
LONG_ENOUGH = 20


def announcement(
    name: str = "honsha",
    port: int = 443,
    properties: dict[str, str | bytes] | None = None,
    address: str = "127.0.0.1",
) -> AsyncServiceInfo:
    words: dict[str, str | bytes] = {
        "site": "本社工場",
        "id": "site-1",
        "tls": "1",
        "name": "honsha.local",
    }
    return AsyncServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        addresses=[socket.inet_aton(address)],
        port=port,
        properties=words if properties is None else properties,
        server=f"{name}.local.",
    )


class Watching:
    """A discovery, and a way to wait for what it finds."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self.discovery = Discovery(self._news.set, LOOPBACK)

    async def sees(self, *sites: str) -> None:
        async with asyncio.timeout(LONG_ENOUGH):
            while [site.id for site in self.discovery.sites()] != list(sites):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def watching() -> AsyncIterator[Watching]:
    made = Watching()
    running = asyncio.create_task(made.discovery.run())
    try:
        yield made
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.timeout(90)
async def test_a_site_is_found_moves_and_goes() -> None:
    async with (
        watching() as watch,
        AsyncZeroconf(interfaces=LOOPBACK, ip_version=IPVersion.V4Only) as server,
    ):
        info = announcement()
        await (await server.async_register_service(info))
        await watch.sees("site-1")
        [site] = watch.discovery.sites()
        assert site.name == "本社工場"
        assert site.address == ServerAddress(True, "honsha.local", "127.0.0.1", 443)
        assert site.address.url == "https://honsha.local"
        assert watch.discovery.where("site-1") == site.address
        assert watch.discovery.where("site-2") is None
        assert watch.discovery.where("") is None
        await (await server.async_unregister_service(info))
        await watch.sees()


@pytest.mark.timeout(90)
async def test_somebody_who_announces_the_same_site_does_not_keep_its_server_from_its_turn() -> (
    None
):
    async with (
        watching() as watch,
        AsyncZeroconf(interfaces=LOOPBACK, ip_version=IPVersion.V4Only) as server,
    ):
        true, liar = announcement("honsha"), announcement("a-liar", port=4443)
        for info in (true, liar):
            await (await server.async_register_service(info))
        await watch.sees("site-1", "site-1")
        asked = [watch.discovery.where("site-1") for _ in range(4)]
        assert [each.port for each in asked if each is not None].count(443) == 2


def test_all_addresses_of_a_name_are_told_but_not_any_number() -> None:
    info = announcement()
    info.addresses = [socket.inet_aton(f"10.0.0.{n}") for n in range(1, 9)]
    found = read_announcement(info)
    assert found is not None
    hosts = [each.host for each in (found.address, *found.others)]
    assert len(set(hosts)) == len(hosts) == 4
    assert {each.name for each in (found.address, *found.others)} == {"honsha.local"}


def test_without_tls_the_address_itself_is_the_name() -> None:
    found = read_announcement(announcement(port=8080, properties={"id": "s", "tls": "0"}))
    assert found is not None
    assert found.address.link_url == "ws://127.0.0.1:8080/link"
    assert found.name == "127.0.0.1", "a nameless site is shown by its address"


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"id": ""},
        {"id": "x" * 65, "tls": "0"},
        {"id": "s", "tls": "1"},
        {"id": "s", "tls": "1", "name": "本社.local"},
        {"id": "s", "tls": "1", "name": "a b.local\r\nX: y"},
    ],
)
def test_an_announcement_that_cannot_be_used_is_none(
    properties: dict[str, str | bytes],
) -> None:
    assert read_announcement(announcement(properties=properties)) is None


@given(st.dictionaries(st.sampled_from(["id", "tls", "name", "site"]), st.binary(max_size=80)))
def test_any_words_in_an_announcement_are_read_or_refused(properties: dict[str, bytes]) -> None:
    info = announcement(properties={**properties})
    found = read_announcement(info)
    assert found is None or (len(found.id) <= 64 and found.address.url.isascii())
