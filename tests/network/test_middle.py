"""Somebody takes the server's place in the network: the kiosk tells them nothing, and goes on."""

import asyncio
import signal
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.front_door.announcement import Announcement, Place
from server.kernel.module import Site
from support.certificates import authority, self_signed
from support.far_kiosk import FarKiosk, paired_kiosk
from support.far_site import NAME, SITE, FarSite, far_site
from support.intruder import Intruder
from support.namespaces import CABLE, Host
from support.postgres import Databases
from support.site import until

TAPS = 3
Certified = Callable[[Path], ssl.SSLContext]
CERTIFICATES: dict[str, Certified] = {
    "self-signed": lambda folder: self_signed(folder, NAME),
    "another authority's": lambda folder: authority("Genba genba.local").context(folder, NAME),
}


@asynccontextmanager
async def taken_over(site: FarSite, stranger: Host, kiosk: FarKiosk) -> AsyncIterator[None]:
    """Put a stranger in the server's place; afterwards the kiosk finds the true one again.

    Whatever the kiosk was tapped meanwhile has arrived there once.
    """
    with stranger.posing_as(site.host):
        await kiosk.tap()
        yield
    await kiosk.is_online()
    await kiosk.arrived()


async def keeps_its_queue(kiosk: FarKiosk) -> None:
    """See that the kiosk says what is wrong, and goes on taking taps."""
    await kiosk.has("other_site")
    before = (await kiosk.agent.health())["waiting"]
    await kiosk.tap(TAPS)
    health = await kiosk.agent.health()
    assert (health["online"], health["waiting"]) == (False, before + TAPS)


@pytest.mark.parametrize("certificate", CERTIFICATES)
async def test_who_has_another_certificate_hears_nothing(
    site: FarSite, client: Host, stranger: Host, tmp_path: Path, certificate: str
) -> None:
    intruder = Intruder(CERTIFICATES[certificate](tmp_path))
    async with (
        paired_kiosk(site, client) as kiosk,
        intruder.open(stranger),
        taken_over(site, stranger, kiosk),
    ):
        await keeps_its_queue(kiosk)
        knocked = intruder.knocks
        await until(lambda: intruder.knocks > knocked, "the kiosk tries again, with a queue")
        assert intruder.heard == b""


@pytest.mark.parametrize("has_our_authority", [False, True])
async def test_another_site_hears_nothing_not_even_with_our_authority(
    site: FarSite,
    client: Host,
    stranger: Host,
    tmp_path: Path,
    databases: Databases,
    *,
    has_our_authority: bool,
) -> None:
    stolen = site.folder if has_our_authority else None
    with databases.migrated() as dsn:
        async with (
            paired_kiosk(site, client) as kiosk,
            far_site(
                tmp_path / "other",
                dsn,
                stranger,
                client,
                announced=False,
                stolen_authority=stolen,
            ) as other,
        ):
            async with taken_over(site, stranger, kiosk):
                await keeps_its_queue(kiosk)
                assert ("another site" if has_our_authority else "certificate") in last_end(kiosk)
            # A hello would have been refused, and the refusal written down.
            kinds = {entry["kind"] for entry in (await other.get("/api/v1/journal"))["items"]}
            assert "site.changed" in kinds
            assert not {kind for kind in kinds if kind.startswith(("devices.", "loans."))}


async def test_who_announces_our_site_as_theirs_does_not_keep_the_kiosk_from_it(
    site: FarSite, client: Host, stranger: Host, tmp_path: Path
) -> None:
    intruder = Intruder(self_signed(tmp_path, NAME))
    async with paired_kiosk(site, client) as kiosk, intruder.open(stranger):
        [named] = (await site.get("/api/v1/journal?kind=site.changed"))["items"]
        async with announcing(stranger, Site(SITE, "Asia/Tokyo", "ja", named["subject"])):
            await site.server.end(signal.SIGKILL)
            await kiosk.tap(TAPS)
            await until(lambda: intruder.knocks, "the kiosk was lured", kiosk.agent.process)
            await site.start_server()
            await kiosk.is_online()
        assert intruder.heard == b""
        await kiosk.arrived()


@asynccontextmanager
async def announcing(host: Host, site: Site) -> AsyncIterator[None]:
    """Announce this site from that host, as if its server were there."""
    announced, enough = threading.Event(), threading.Event()

    async def announce() -> None:
        announcement = Announcement(Place("genba", 443, tls=True), lambda: site, [CABLE])
        running = asyncio.create_task(announcement.run())
        while not announcement.service:
            await asyncio.sleep(0.02)
        announced.set()
        await asyncio.to_thread(enough.wait)
        running.cancel()
        await asyncio.wait([running])

    doing = asyncio.create_task(host.do(lambda: asyncio.run(announce())))
    try:
        await until(announced.is_set, "the stranger announces the site")
        yield
    finally:
        enough.set()
        await doing


def last_end(kiosk: FarKiosk) -> str:
    """Return why the agent's last link ended."""
    lines = kiosk.agent.process.log.read_text().splitlines()
    return [line for line in lines if "link ended" in line][-1]
