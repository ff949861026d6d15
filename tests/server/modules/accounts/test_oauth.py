"""What the token endpoint reads: anything at all is either understood or refused, and said so."""

import asyncio
import base64
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.decoding import decode_body
from server.kernel.http import FORM, Route
from server.kernel.problems import Problem
from server.modules.accounts.api_oauth import TokenRequest, proof_of_client, routes
from server.modules.accounts.oauth_problems import TokenError, TokenRefused, say
from server.modules.accounts.oauth_rules import client_id
from support.api import Api

FORM_ROUTE = Route("POST", "/", None, lambda _: None, "", body=TokenRequest, body_media=FORM)  # type: ignore[arg-type,return-value]
WANTED = TokenRequest(grant_type="client_credentials")


@given(st.binary(max_size=200) | st.text("abc=&%+;0ク", max_size=60).map(str.encode))
def test_any_bytes_are_a_form_or_a_problem(raw: bytes) -> None:
    try:
        assert isinstance(decode_body(raw, FORM_ROUTE), TokenRequest)
    except Problem as problem:
        reply = say(problem)
        assert reply is not None
        assert reply.value.error is TokenError.INVALID_REQUEST


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_a_client_sends_by_basic_is_what_we_read(client: str, secret: str) -> None:
    pair = f"{quote_plus(client)}:{quote_plus(secret)}"
    header = "Basic " + base64.b64encode(pair.encode()).decode()
    assert proof_of_client(WANTED, header) == (client, secret)


@given(st.text(max_size=60))
def test_any_basic_header_is_read_or_refused(value: str) -> None:
    try:
        proof_of_client(WANTED, f"Basic {value}")
    except TokenRefused as refused:
        assert refused.error is TokenError.INVALID_CLIENT


@given(st.text(max_size=60))
def test_a_refusal_says_only_what_rfc_6749_allows(description: str) -> None:
    reply = say(TokenRefused(TokenError.INVALID_GRANT, description))
    assert reply is not None
    allowed = {*range(0x20, 0x7F)} - {ord('"'), ord("\\")}
    assert {ord(c) for c in reply.value.error_description} <= allowed


@given(st.text(max_size=100))
def test_a_clients_id_is_readable_whatever_its_name(name: str) -> None:
    made = client_id(name, "7f3k")
    assert made.isascii()
    assert made == made.lower().strip("-")
    assert made.removesuffix("-7f3k").replace("-", "").isalnum()
    assert len(made) <= 25


@pytest.mark.parametrize("value", ["Bearer \udcff", "Bearer a.\udcff.c", "Basic \udcff"])
@pytest.mark.parametrize("path", ["GET /api/v1/people", "POST /api/v1/oauth/token"])
async def test_a_header_that_is_no_text_is_refused(api: Api, path: str, value: str) -> None:
    form = "grant_type=client_credentials"
    request = (
        f"{path} HTTP/1.1\r\nHost: x\r\nAuthorization: {value}\r\nConnection: close\r\n"
        "User-Agent: \udcff\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: {len(form)}\r\n\r\n{form}"
    )
    assert await _status(api, request) == b"401"


def test_there_is_one_token_endpoint() -> None:
    [route] = routes(None, None)  # type: ignore[arg-type]
    assert (route.method, route.path) == ("POST", "/api/v1/oauth/token")
    assert route.keep_answer is False


async def test_a_sign_in_by_a_browser_whose_name_is_no_text_is_journaled(api: Api) -> None:
    body = '{"login":"jiro","password":"x"}'
    request = (
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nUser-Agent: \udcff\r\n"
        "Connection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    assert await _status(api, request) == b"403"
    assert "accounts.sign_in_refused" in await api.kinds()


async def _status(api: Api, request: str) -> bytes:
    """Send a request as it is, bytes that are no text included, and return the answer's status."""
    url = api.client.make_url("")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(request.encode(errors="surrogateescape"))
    answer = await reader.read()
    writer.close()
    return answer.split()[1]
