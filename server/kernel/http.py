"""HTTP as modules see it: a route is a value, a handler is a function from a Call to an answer.

A request is decoded into structs or refused before a handler runs, and each handler runs inside
one transaction: a POST's Idempotency-Key and answer are stored in the transaction of its effect, so
a repeat gets the first answer, whatever crashed in between.
"""

import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import msgspec

from server.kernel.auth import Credential, Principal
from server.kernel.database import Connection, Database
from server.kernel.problems import Malformed, PreconditionFailed, PreconditionRequired, Problem

Query = TypeVar("Query")
Body = TypeVar("Body")
Item = TypeVar("Item")
Key = TypeVar("Key")

API = "/api/v1"
CSV = "text/csv"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MAX_LIMIT = 500


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No query parameters, or no body."""


NOTHING = Nothing()


class Paging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list: at most `limit` rows after the opaque `cursor`."""

    limit: int = 50
    cursor: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise ValueError(f"limit: 1 to {MAX_LIMIT}")


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list; `next` is the cursor of the one after it, `total` the count if known."""

    items: list[Item]
    next: str | None = None
    total: int | None = None


def page_of(
    found: Sequence[Item],
    limit: int,
    key: Callable[[Item], tuple[str | int | datetime, ...]],
    total: int | None = None,
) -> Page[Item]:
    """Return the first `limit` rows of what was found when asking for one more.

    `key` returns a row's sort key, which becomes the cursor of the page after it.
    """
    shown = list(found[:limit])
    return Page(shown, write_cursor(*key(shown[-1])) if len(found) > limit else None, total)


def write_cursor(*key: str | int | datetime) -> str:
    """Return an opaque cursor for the row with this sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def read_cursor(cursor: str, kind: type[Key]) -> Key:
    """Return the sort key inside a cursor, a tuple type given by the caller.

    Raises Malformed for a cursor that this list did not hand out.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=kind)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Malformed(field="cursor") from error


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that needs more than a value: a status, a version as ETag, a file name."""

    value: Any = None
    status: int = HTTPStatus.OK
    version: int | None = None
    location: str = ""
    filename: str = ""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """A file that is written while it is read; `write` yields its parts.

    Only the answer to a GET may be one. Between parts it should hold no connection: a reader may
    be slow.
    """

    write: Callable[[Database], AsyncIterator[bytes]]
    filename: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Browser:
    """How a request came, for the operations on sessions.

    `origin` is the scheme and host that it was sent to, `cookie` the session cookie's name there,
    `authorization` the header as it came: the token endpoint takes a client's secret from it.
    """

    credential: Credential | None = None
    user_agent: str = ""
    origin: str = ""
    cookie: str = ""
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """One request, decoded: everything a handler may know of it."""

    connection: Connection
    principal: Principal
    path: Mapping[str, str]
    query: Query
    body: Body
    language: str
    if_match: str = ""
    address: str = ""
    browser: Browser = Browser()

    def expected_version(self) -> int:
        """Return the version that this edit was made from (If-Match, RFC 9110, 13.1.1).

        Raises PreconditionRequired without the header, Malformed if it is no version of ours.
        """
        if not self.if_match:
            raise PreconditionRequired()
        text = self.if_match.removeprefix("W/").strip('"')
        if not text.isdecimal():
            raise Malformed(field="If-Match", expected='"3"')
        return int(text)

    def check_version(self, current: int) -> None:
        """Raise PreconditionFailed unless the edit was made from the current version."""
        if self.expected_version() != current:
            raise PreconditionFailed(current=current)


Handler = Callable[[Call[Any, Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Refusals:
    """How a route refuses where a standard has a shape of its own for that.

    `say` returns None for a problem that the standard does not speak of: RFC 9457 does.
    """

    answer: type[msgspec.Struct]
    say: Callable[[Problem], Reply | None]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API.

    `permission` None means that no token is asked for; a valid one is still taken note of.
    `keep_answer` False: the answer holds a secret, so it is never stored for repeats. Such a
    handler may return a Problem: the caller is refused, and what it wrote (a failed attempt) stays.
    `body_media` JSON and FORM are decoded into `body`, anything else is for the handler to read.
    `refusals` says problems in another shape than RFC 9457.
    `when_unavailable` answers instead of the handler while the database is away.
    `limit` names a stricter rate limit (`rate_limits.py`) that holds for each address. Whatever
    changes something and is open to everybody has one: it is an attempt to get in.
    """

    method: str
    path: str
    permission: str | None
    handler: Handler
    summary: str
    query: type[msgspec.Struct] = Nothing
    body: type[Any] = Nothing
    answer: Any = None
    status: int = HTTPStatus.OK
    body_media: str = JSON
    answer_media: str = JSON
    max_body_bytes: int = 256 * 1024
    keep_answer: bool = True
    when_unavailable: Callable[[], Any] | None = None
    limit: str = ""
    refusals: Refusals | None = None
