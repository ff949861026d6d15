"""From a request's query and body to structs, or to a refusal that says where and what."""

import asyncio
import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from contract.decoding import UNDECODABLE
from server.kernel.http import FORM, JSON, NOTHING, Nothing, Route
from server.kernel.problems import Invalid, Malformed, Problem, TooLarge, TooSlow, WrongMediaType

# The largest body over the slowest Wi-Fi takes less; a client that trickles must not hold us.
BODY_SECONDS = 30.0
_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `\$?\.?(?P<where>.*)`)?$", re.DOTALL)


def decode_query(request: web.Request, route: Route) -> msgspec.Struct:
    """Return the query's parameters. Raises Malformed."""
    pairs = request.query
    if len(set(pairs)) != len(pairs):
        raise Malformed(expected="each parameter once")
    try:
        return msgspec.convert(dict(pairs), route.query, strict=False)
    except msgspec.ValidationError as error:
        raise _malformed(error) from error


def header_text(request: web.Request, name: str) -> str:
    """Return a header that is kept; bytes that are no text (surrogates, PEP 383) become marks."""
    value = request.headers.get(name, "")
    return value.encode(errors="surrogateescape").decode(errors="replace")


async def read_body(request: web.Request, route: Route) -> bytes:
    """Return the body's bytes. Raises TooLarge, TooSlow, WrongMediaType."""
    if route.body is Nothing:
        return b""
    if (request.content_length or 0) > route.max_body_bytes:
        raise TooLarge(limit=route.max_body_bytes)
    if request.content_type != route.body_media:
        raise WrongMediaType(expected=route.body_media)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_chunked(65536):
                body += chunk
                if len(body) > route.max_body_bytes:
                    raise TooLarge(limit=route.max_body_bytes)
    except TimeoutError:
        raise TooSlow() from None
    return bytes(body)


def decode_body(raw: bytes, route: Route) -> Any:
    """Return the body as the route's type. Raises Invalid, Malformed."""
    if route.body is Nothing:
        return NOTHING
    if route.body is bytes:
        return raw
    try:
        if route.body_media == FORM:
            return msgspec.convert(_read_form(raw), type=route.body, strict=False)
        return msgspec.json.decode(raw, type=route.body)
    except msgspec.ValidationError as error:
        raise _malformed(error, status=Invalid) from error
    except UNDECODABLE as error:
        raise Malformed(expected=JSON) from error


def _malformed(error: msgspec.ValidationError, status: type[Problem] = Malformed) -> Problem:
    """Say where the value is and what would be right, in msgspec's words."""
    found = _WHERE.match(str(error))
    where = (found["where"] or "") if found else ""
    what = found["what"] if found else str(error)
    named = re.match(r"Object (?:contains unknown|missing required) field `(.*)`", what)
    path = [where, named[1]] if named else [where]
    return status(field=".".join(part for part in path if part), expected=what)


def _read_form(raw: bytes) -> dict[str, str]:
    """Return the form's fields; an empty one counts as left out (RFC 6749, 3.2). Raises Malformed.

    https://url.spec.whatwg.org/#urlencoded-parsing, but what is no UTF-8 is refused.
    """
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise Malformed(expected=FORM) from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed(expected="each field once")
    return {name: value for name, value in fields.items() if value}
