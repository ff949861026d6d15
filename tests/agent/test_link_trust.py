"""Whom the link trusts, against a server at the wire: keys, certificates, names."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from agent.identity import new_private_key
from agent.link_status import LinkState, Problem
from agent.server_address import ServerAddress
from support.agent_side import AgentSide, open_side
from support.certificates import authority
from support.link_server import SITE_PRIVATE, LinkServer, identity_here


async def test_without_a_key_it_waits_and_says_so_until_there_is_one(
    side: AgentSide, server: LinkServer
) -> None:
    await side.reached(lambda: side.status.online)
    side.identity = None
    await server.sockets[-1].close()
    await side.reached(lambda: side.status.state is LinkState.NOT_ENROLLED)
    assert side.status.problem is Problem.NOT_ENROLLED
    side.identity = identity_here("agent-2")
    await side.reached(lambda: side.status.online)
    assert server.hellos[-1].agent == "agent-2"


async def test_a_server_with_another_key_gets_no_hello_and_no_row(
    side: AgentSide, server: LinkServer
) -> None:
    server.site_private = new_private_key()
    ids = await side.append()
    await side.reached(lambda: side.status.problem is Problem.OTHER_SITE)
    assert (server.hellos, server.batches) == ([], [])
    server.site_private = SITE_PRIVATE
    await side.reached(lambda: side.outbox.count == 0)
    assert server.ids() == ids


async def test_a_server_that_only_claims_the_pinned_key_gets_no_row(
    side: AgentSide, server: LinkServer
) -> None:
    server.proves = False
    await side.append()
    await side.reached(lambda: side.status.problem is Problem.OTHER_SITE)
    assert server.hellos
    assert not server.batches
    assert side.outbox.count == 1


async def test_no_hello_is_signed_twice_the_same(side: AgentSide, server: LinkServer) -> None:
    await side.reached(lambda: side.status.online)
    await server.sockets[-1].close()
    await server.seen(lambda: len(server.hellos) == 2)
    first, second = server.hellos
    assert first.nonce != second.nonce
    assert first.signature != second.signature


@asynccontextmanager
async def behind_tls(
    folder: Path, context: ssl.SSLContext, ca: str
) -> AsyncIterator[tuple[AgentSide, LinkServer]]:
    """A link to a name that only its address is known of, and whose CA is pinned."""
    async with LinkServer().open(tls=context) as server, open_side(folder, "") as side:
        side.identity = msgspec.structs.replace(identity_here(), ca=ca)
        side.where = ServerAddress(True, "honsha.local", "127.0.0.1", server.port)
        async with side.running():
            yield side, server


async def test_with_tls_the_pinned_ca_and_the_name_count_not_the_address(tmp_path: Path) -> None:
    ca = authority()
    async with behind_tls(tmp_path, ca.context(tmp_path, "honsha.local"), ca.pem) as (side, _):
        side.synchronised = True
        await side.append()
        await side.reached(lambda: side.status.online and side.outbox.count == 0)


@pytest.mark.parametrize("name", ["honsha.local", "other.local"])
async def test_a_certificate_of_another_ca_or_name_gets_no_hello(tmp_path: Path, name: str) -> None:
    pinned, foreign = authority(), authority()
    signs = foreign if name == "honsha.local" else pinned
    async with behind_tls(tmp_path, signs.context(tmp_path, name), pinned.pem) as (side, server):
        await side.append()
        await side.reached(lambda: side.status.problem is Problem.OTHER_SITE)
        assert server.hellos == []
        assert side.outbox.count == 1


async def test_dates_of_a_certificate_count_once_the_clock_is_known(tmp_path: Path) -> None:
    """After a power cut without internet only the server can tell the time."""
    ca = authority()
    expired = ca.context(tmp_path, "honsha.local", age=timedelta(days=2))
    async with behind_tls(tmp_path, expired, ca.pem) as (side, server):
        await side.reached(lambda: side.status.online)
        side.synchronised = True
        await server.sockets[-1].close()
        await side.reached(lambda: side.status.problem is Problem.UNREACHABLE)
