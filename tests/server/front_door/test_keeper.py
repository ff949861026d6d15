"""A real Caddy is set up, repaired, and left alone where it is not ours."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import unused_port
from cryptography import x509

from server.front_door.admin_api import AdminApi, CaddyRefused, CaddyUnreachable
from server.front_door.authority import Authority
from server.front_door.keeper import FrontDoor, repair
from server.front_door.plan import Door
from server.kernel.caller import BEHIND_FRONT_DOOR, caller_of
from support.caddy import Caddy, certificates_in_use, running_caddy, trusting
from support.namespaces import HERE


class Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


async def tell(request: web.Request) -> web.Response:
    caller = caller_of(request)
    told = {"address": caller.address, "scheme": caller.scheme, "host": caller.host}
    told |= {name: request.headers.get(name) for name in ("Forwarded", "X-Real-Ip")}
    told |= {"text": "x" * 2_000} if "long" in request.query else {}
    return web.json_response(told)


async def take(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


@pytest.fixture
async def upstream() -> AsyncIterator[str]:
    """A server that says what it sees of its caller."""
    application = web.Application(client_max_size=1 << 30)
    application[BEHIND_FRONT_DOOR] = True
    application.router.add_get("/{path:.*}", tell)
    application.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"{host}:{port}"
    await runner.cleanup()


@pytest.fixture
async def caddy(tmp_path: Path) -> AsyncIterator[Caddy]:
    async with running_caddy(tmp_path) as caddy:
        yield caddy


@pytest.fixture
def door(upstream: str) -> Door:
    return Door(
        ["genba.local", "box.example"],
        upstream,
        https_port=unused_port(),
        http_port=unused_port(),
    )


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Here())) as client:
        yield client


@pytest.fixture
async def opened(caddy: Caddy, door: Door) -> FrontDoor:
    """The door, set up, with its certificates made."""
    front_door = FrontDoor(door, AdminApi(caddy.admin))
    assert await front_door.look() is None, caddy.log
    await certificates_of(front_door.authority, door)
    return front_door


async def certificates_of(authority: Authority | None, door: Door) -> None:
    """Wait until Caddy has made the certificate of each name, and uses it."""
    assert authority is not None
    await certificates_in_use(
        authority.pem, door.names, lambda: HERE.connected("127.0.0.1", door.https_port)
    )


def tls_of(front_door: FrontDoor) -> ssl.SSLContext:
    assert front_door.authority is not None
    return trusting(front_door.authority.pem)


async def test_the_site_is_reached_by_its_names_over_tls(
    opened: FrontDoor, door: Door, client: aiohttp.ClientSession
) -> None:
    tls = tls_of(opened)
    for name in door.names:
        url = f"https://{name}:{door.https_port}/"
        forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "gopher"}
        forged |= {"Forwarded": "for=203.0.113.9", "X-Real-Ip": "203.0.113.9"}
        async with client.get(url, ssl=tls, headers=forged) as answer:
            assert await answer.json() == {
                "address": "127.0.0.1",
                "scheme": "https",
                "host": f"{name}:{door.https_port}",
                "Forwarded": None,
                "X-Real-Ip": None,
            }
            assert (
                answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
            )
            assert "Via" not in answer.headers


async def test_who_does_not_trust_the_authority_is_not_connected(
    opened: FrontDoor, door: Door, client: aiohttp.ClientSession
) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await client.get(f"https://genba.local:{door.https_port}/")


async def test_leaf_certificates_live_twelve_hours(opened: FrontDoor, door: Door) -> None:
    _, writer = await asyncio.open_connection(
        "127.0.0.1",
        door.https_port,
        ssl=tls_of(opened),
        server_hostname="genba.local",
    )
    leaf = x509.load_der_x509_certificate(
        writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    )
    writer.close()
    lives = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert timedelta(hours=11) < lives <= timedelta(hours=12, minutes=1)


async def test_plain_http_leads_to_https_except_for_the_page_that_helps_to_trust(
    caddy: Caddy, door: Door, client: aiohttp.ClientSession
) -> None:
    await FrontDoor(door, AdminApi(caddy.admin)).look()
    plain = f"http://box.example:{door.http_port}"
    async with client.get(f"{plain}/a?b=c", allow_redirects=False) as answer:
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://box.example:{door.https_port}/a?b=c"
    other = f"http://192.0.2.1.nip.example:{door.http_port}"
    async with client.get(f"{other}/a", allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"{door.url}a"
    for begun in (plain, other):  # by a bare name, or an address
        async with client.get(f"{begun}/", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "/trust")
            assert answer.headers["Cache-Control"] == "no-store"
    async with client.get(f"{plain}/trust/root.crt", allow_redirects=False) as answer:
        assert (answer.status, (await answer.json())["scheme"]) == (200, "http")


async def test_answers_are_compressed_and_bodies_bounded(
    opened: FrontDoor, door: Door, client: aiohttp.ClientSession
) -> None:
    tls = tls_of(opened)
    url = f"https://genba.local:{door.https_port}/"
    async with client.get(url + "?long", ssl=tls, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
    async with client.post(url, ssl=tls, data=io.BytesIO(bytes(7 << 20))) as answer:
        assert (answer.status, await answer.text()) == (200, str(7 << 20))
    try:
        async with client.post(url, ssl=tls, data=io.BytesIO(bytes(9 << 20))) as answer:
            assert answer.status in (413, 502)
    except aiohttp.ClientConnectionError:
        pass  # refused in the middle of the body


async def test_nothing_is_changed_where_all_is_well(caddy: Caddy, door: Door) -> None:
    api = AdminApi(caddy.admin)
    first, _ = await asyncio.to_thread(repair, api, door)
    second, _ = await asyncio.to_thread(repair, api, door)
    assert (first, second) == (["configuration", "genba.local"], [])


async def test_a_caddy_that_was_installed_anew_is_set_up_again(caddy: Caddy, door: Door) -> None:
    front_door = FrontDoor(door, AdminApi(caddy.admin))
    await front_door.look()
    before = front_door.authority
    await caddy.stop()
    assert await front_door.look() is not None
    await caddy.start()
    assert await front_door.look() is None
    assert front_door.authority == before, "the root is in Caddy's storage, not its configuration"


async def test_a_caddy_that_resumes_needs_no_word(caddy: Caddy, door: Door) -> None:
    api = AdminApi(caddy.admin)
    await asyncio.to_thread(repair, api, door)
    await caddy.stop()
    await caddy.start(resume=True)
    changed, _ = await asyncio.to_thread(repair, api, door)
    assert changed == []


async def test_a_strangers_edit_of_ours_is_repaired_and_what_is_theirs_stays(
    caddy: Caddy, door: Door
) -> None:
    api = AdminApi(caddy.admin)
    _, authority = await asyncio.to_thread(repair, api, door)
    await certificates_of(authority, door)
    route = {"@id": "theirs", "match": [{"path": ["/theirs"]}], "handle": []}
    routes = "/config/apps/http/servers/srv0/routes"
    await asyncio.to_thread(api.ask, "PUT", f"{routes}/0", route)
    await asyncio.to_thread(api.ask, "DELETE", "/id/genba-internal-names")
    await asyncio.to_thread(api.ask, "PATCH", "/id/genba.local/terminal", False)
    changed, _ = await asyncio.to_thread(repair, api, door)
    assert changed == ["configuration", "genba.local"]
    assert (await asyncio.to_thread(api.ask, "GET", "/id/theirs")).value == route


async def test_a_site_that_changes_its_name_leaves_no_route_behind(
    caddy: Caddy, door: Door
) -> None:
    api = AdminApi(caddy.admin)
    _, authority = await asyncio.to_thread(repair, api, door)
    await certificates_of(authority, door)
    renamed = Door(["minato.local"], door.upstream, "", door.https_port, door.http_port)
    changed, _ = await asyncio.to_thread(repair, api, renamed)
    assert changed == ["configuration", "minato.local", "genba.local"]
    with pytest.raises(CaddyRefused, match="unknown object ID"):
        await asyncio.to_thread(api.ask, "GET", "/id/genba.local")


async def test_an_edit_made_meanwhile_is_not_overwritten(caddy: Caddy) -> None:
    api = AdminApi(caddy.admin)
    seen = await asyncio.to_thread(api.ask, "GET", "/config/")
    await asyncio.to_thread(api.ask, "POST", "/config/apps", {})
    with pytest.raises(CaddyRefused, match="412"):
        await asyncio.to_thread(api.ask, "POST", "/config/", {}, seen.etag)


async def test_a_caddy_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(CaddyUnreachable):
        await asyncio.to_thread(AdminApi(f"unix/{tmp_path}/none").ask, "GET", "/config/")
