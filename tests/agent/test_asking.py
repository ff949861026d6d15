"""Questions to whatever answers: a usable answer or an AskError, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.asking import MAX_ANSWER_BYTES, AskError, ask
from agent.pairing import PairingFailed, begin
from agent.server_address import ServerAddress
from contract.pairing import PollAnswer, PollApproved, SiteFacts

KEY = "A" * 43 + "="


@asynccontextmanager
async def answering(data: bytes) -> AsyncIterator[ServerAddress]:
    """A server that says this to everybody, whatever they ask."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(data)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield ServerAddress(False, "127.0.0.1", "127.0.0.1", port)


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def asked(data: bytes, kind: object = SiteFacts) -> object:
    async with answering(data) as address:
        return await asyncio.to_thread(ask, address, "/x", None, kind, None)


async def test_an_answer_is_decoded() -> None:
    facts = await asked(http(f'{{"site_key": "{KEY}", "new": 1}}'.encode()))
    assert facts == SiteFacts(bytes(32), "")
    approved = b'{"state": "approved", "agent": "a", "name": "n"}'
    assert isinstance(await asked(http(approved), PollAnswer), PollApproved)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 0),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 0),
        (http(b""), 0),
        (http(b"<html>"), 0),
        (http(b"\xff\xfe"), 0),
        (http(b"[]"), 0),
        (http(b'{"site_key": "AAAA"}'), 0),
        (http(b"{", "302 Found"), 302),
        (http(b"<h1>portal</h1>", "403 Forbidden"), 403),
        (http(b'{"title": "no", "detail": "never"}', "429 Too Many"), 429),
        (http(b"[" * (MAX_ANSWER_BYTES + 10)), 0),
    ],
)
async def test_what_is_no_answer_is_an_error(data: bytes, status: int) -> None:
    with pytest.raises(AskError) as failed:
        await asked(data)
    assert failed.value.status == status


async def test_a_door_that_wants_tls_is_asked_with_tls() -> None:
    """Nobody answers at 443 here: what matters is that it was asked there, and not in clear."""
    async with answering(http(b"", "308 Permanent Redirect")) as address:
        with pytest.raises(PairingFailed) as failed:
            await asyncio.to_thread(begin, address, "", "kiosk", "test")
    assert failed.value.code == "unreachable"
    assert "https://127.0.0.1" in str(failed.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.booleans())
async def test_whatever_answers_pairing_fails_with_a_code(noise: bytes, framed: bool) -> None:
    async with answering(http(noise) if framed else noise) as address:
        with pytest.raises(PairingFailed) as failed:
            await asyncio.to_thread(begin, address, "", "kiosk", "test")
    assert failed.value.code in {"unreachable", "refused", "busy"}
