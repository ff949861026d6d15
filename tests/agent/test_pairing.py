"""The agent's half of pairing on the real server, with TLS and with somebody in the middle."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from agent.greeting import Greeting
from agent.pairing import Attempt, PairingFailed, begin
from agent.server_address import ServerAddress, pinned_context
from contract.link import Challenge, Welcome
from contract.pairing import PAIRINGS, PollApproved, PollWaiting, shown
from support.api import Api, open_api
from support.certificates import Authority, authority
from support.raw_link import RawLink, hello_of
from support.tls_front import tls_front

NAME = "honsha.local"
APPROVE = f"{PAIRINGS}/approve"


@pytest.fixture(scope="module")
def site_ca() -> Authority:
    return authority("site")


@pytest.fixture(scope="module")
def foreign_ca() -> Authority:
    return authority("somebody else")


@pytest.fixture
async def api(
    database_url: str, monkeypatch: pytest.MonkeyPatch, site_ca: Authority
) -> AsyncIterator[Api]:
    """A server that names its CA, as it does behind the front door."""
    monkeypatch.setattr("server.app.site_ca", lambda settings: lambda: site_ca.pem)
    async with open_api(database_url) as api:
        yield api


def port_of(api: Api) -> int:
    return int(api.client.port or 0)


async def begun(port: int, *, tls: bool = True) -> Attempt:
    where = ServerAddress(tls, NAME if tls else "127.0.0.1", "127.0.0.1", port)
    return await asyncio.to_thread(begin, where, "site-1", "kiosk", "test")


async def approve(api: Api, attempt: Attempt, status: int = 200) -> Any:
    body = {"code": shown(attempt.code), "name": "工具室"}
    answer = await api.ask("POST", APPROVE, json=body)
    assert answer.status == status, answer.body
    return answer.json


async def greeted(port: int, attempt: Attempt, approved: PollApproved) -> Welcome:
    """Open the link as the identity that came of it; the server's proof is checked."""
    identity = attempt.identity(approved)
    async with connect(
        f"wss://{NAME}:{port}/link",
        host="127.0.0.1",
        port=port,
        ssl=pinned_context(identity.ca, clock_known=True),
        proxy=None,
    ) as socket:
        link = RawLink(socket)
        greeting = Greeting(identity, await link.hear(Challenge))
        await link.say(greeting.signed(hello_of(link)))
        return greeting.checked(await link.hear(Welcome))


async def test_the_code_is_the_servers_and_the_ca_is_pinned(
    api: Api, site_ca: Authority, tmp_path: Path
) -> None:
    async with tls_front(site_ca.context(tmp_path, NAME), port_of(api)) as port:
        attempt = await begun(port)
        assert isinstance(await asyncio.to_thread(attempt.poll), PollWaiting)
        await approve(api, attempt)
        approved = await asyncio.to_thread(attempt.poll)
        assert isinstance(approved, PollApproved)
        identity = attempt.identity(approved)
        assert (identity.ca, identity.site) == (site_ca.pem, "site-1")
        assert identity.server == f"https://{NAME}:{port}"
        assert (await greeted(port, attempt, approved)).name == "工具室"
        # Caddy's leaves live for hours: another one by the same CA is as good.
    async with tls_front(site_ca.context(tmp_path, NAME), port_of(api)) as port:
        assert (await greeted(port, attempt, approved)).agent == identity.agent


async def test_without_tls_on_loopback_it_is_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_api(database_url) as api:
        attempt = await begun(port_of(api), tls=False)
        await approve(api, attempt)
        approved = await asyncio.to_thread(attempt.poll)
        assert isinstance(approved, PollApproved)
        assert attempt.identity(approved).ca == ""


async def test_a_certificate_that_the_named_ca_did_not_sign_gives_no_code(
    api: Api, foreign_ca: Authority, tmp_path: Path
) -> None:
    """Somebody in the middle passes the site's CA on, but cannot sign by it."""
    async with tls_front(foreign_ca.context(tmp_path, NAME), port_of(api)) as port:
        with pytest.raises(PairingFailed) as failed:
            await begun(port)
    assert failed.value.code == "certificate"
    assert (await api.get(PAIRINGS))["items"] == []


async def test_another_name_of_the_same_ca_gives_no_code(
    api: Api, site_ca: Authority, tmp_path: Path
) -> None:
    async with tls_front(site_ca.context(tmp_path, "other.local"), port_of(api)) as port:
        with pytest.raises(PairingFailed) as failed:
            await begun(port)
    assert failed.value.code == "certificate"


async def test_a_ca_swapped_on_the_way_shows_as_a_wrong_code(
    database_url: str, monkeypatch: pytest.MonkeyPatch, foreign_ca: Authority, tmp_path: Path
) -> None:
    """Somebody in the middle names a CA of their own: the kiosk shows what nobody can type."""
    site_ca = authority("site")
    real, false = site_ca.pem.encode(), foreign_ca.pem.encode()
    # The same length, so that the answer's framing holds: PEM readers ignore what follows.
    longer = max(len(real), len(false))
    padded = site_ca.pem + " " * (longer - len(real))
    swapped = (foreign_ca.pem + " " * (longer - len(false))).replace("\n", "\\n").encode()
    expected = padded.replace("\n", "\\n").encode()
    monkeypatch.setattr("server.app.site_ca", lambda settings: lambda: padded)

    def swap(data: bytes) -> bytes:
        return data.replace(expected, swapped)

    async with open_api(database_url) as api:
        context = foreign_ca.context(tmp_path, NAME)
        async with tls_front(context, port_of(api), swap) as port:
            attempt = await begun(port)
            assert attempt.offer.ca.strip() == foreign_ca.pem.strip(), "it was deceived"
            refused = await approve(api, attempt, 422)
            assert refused["type"] == "/problems/code-wrong"


async def test_a_site_key_swapped_on_the_way_gives_no_code(api: Api) -> None:
    """The agent signs what it was told, and the server sees that it was told something else."""
    key = base64.b64encode(api.server.parts.identity.public_key)
    other = base64.b64encode(b"k" * 32)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = await asyncio.open_connection("127.0.0.1", port_of(api))

        async def carry(
            source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, change: bool
        ) -> None:
            while data := await source.read(65_536):
                sink.write(data.replace(key, other) if change else data)
            sink.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(carry(reader, server[1], change=False))
            group.create_task(carry(server[0], writer, change=True))

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as middle:
        with pytest.raises(PairingFailed) as failed:
            await begun(middle.sockets[0].getsockname()[1], tls=False)
    assert failed.value.code == "refused"


async def test_an_agent_that_pinned_the_ca_does_not_speak_to_another_certificate(
    api: Api, site_ca: Authority, foreign_ca: Authority, tmp_path: Path
) -> None:
    async with tls_front(site_ca.context(tmp_path, NAME), port_of(api)) as port:
        attempt = await begun(port)
        await approve(api, attempt)
        approved = await asyncio.to_thread(attempt.poll)
        assert isinstance(approved, PollApproved)
    async with tls_front(foreign_ca.context(tmp_path, NAME), port_of(api)) as port:
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            await greeted(port, attempt, approved)


async def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(PairingFailed) as failed:
        await begun(1, tls=False)
    assert failed.value.code == "unreachable"
