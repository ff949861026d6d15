"""From aiohttp's request to a handler's Call and back: the one place that refuses."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
from aiohttp import web

from contract.ids import new_id
from server.kernel.auth import NOBODY, Carrier, Credential, Identify, Principal
from server.kernel.caller import caller_of
from server.kernel.database import Connection, Database, DatabaseUnavailable
from server.kernel.decoding import decode_body, decode_query, header_text, read_body
from server.kernel.http import JSON, NOTHING, Browser, Call, Reply, Route, Stream
from server.kernel.i18n import Catalogues, negotiate
from server.kernel.journal import come_from
from server.kernel.problems import (
    Forbidden,
    ForeignOrigin,
    KeyReused,
    Malformed,
    Problem,
    ProblemDocument,
    Unauthenticated,
    Unavailable,
)
from server.kernel.rate_limits import ANONYMOUS, SIGN_IN, UNLIMITED, RateLimits
from server.kernel.streaming import streamed

_log = logging.getLogger(__name__)

COOKIE = "genba_session"
LANGUAGE_COOKIE = "genba_language"
PROBLEM_JSON = "application/problem+json"
_REQUEST_ID = web.RequestKey("id", str)
SAFE_METHODS = frozenset({"GET", "HEAD"})


class _Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    headers: dict[str, str]


class Gateway:
    """Serves Routes. Holds what every request needs, and no state of its own."""

    def __init__(
        self,
        database: Database,
        texts: Catalogues,
        identify: Identify,
        limits: RateLimits = UNLIMITED,
    ) -> None:
        self._database = database
        self._texts = texts
        self._identify = identify
        self.limits = limits

    def mount(self, application: web.Application, route: Route) -> None:
        """Add a route to the application."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self.serve(request, route)

        if route.method == "GET":
            application.router.add_get(route.path, serve)  # and HEAD
        else:
            application.router.add_route(route.method, route.path, serve)

    async def serve(self, request: web.Request, route: Route) -> web.StreamResponse:
        """Answer one request by its route; every refusal becomes a problem document."""
        try:
            answer = await self._answer(request, route)
            if isinstance(answer, Stream):
                return await streamed(request, self._database, answer)
        except Problem as problem:
            answer = problem
        except asyncpg.DataError:  # text that Postgres cannot hold, such as a NUL
            answer = Malformed()
        except DatabaseUnavailable:
            if route.when_unavailable is None:
                return self.refuse(request, Unavailable(retry_after=2))
            answer = _encode(route.when_unavailable(), route, request.headers)
        if isinstance(answer, Problem):
            reply = route.refusals.say(answer) if route.refusals else None
            if reply is None:
                return self.refuse(request, answer)
            answer = _encode(reply, route, request.headers)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    def refuse(self, request: web.Request, problem: Problem) -> web.Response:
        """Turn a problem into its RFC 9457 document, in the caller's language."""
        language = language_of(request)
        title = f"problem-{problem.slug}"
        detail = ""
        if self._texts.has(language, f"{title}.detail"):
            detail = self._texts.text(language, f"{title}.detail", **problem.words)
        document = ProblemDocument(
            type=f"/problems/{problem.slug}",
            title=self._texts.text(language, title, **problem.words),
            status=problem.status,
            detail=detail,
            field=problem.field,
            expected=problem.expected,
            errors=problem.errors,
            request=request_id(request),
        )
        headers = {"Content-Language": language, "Cache-Control": "no-store"}
        if problem.retry_after is not None:
            headers["Retry-After"] = str(problem.retry_after)
        if problem.status == Unauthenticated.status:
            headers["WWW-Authenticate"] = "Bearer"
        return web.Response(
            status=problem.status,
            body=msgspec.json.encode(document),
            content_type=PROBLEM_JSON,
            headers=headers,
        )

    async def authenticate(self, connection: Connection, request: web.Request) -> Principal:
        """Return who calls. Raises Unauthenticated."""
        principal = await self._caller(connection, credential_of(request))
        if principal is NOBODY:
            raise Unauthenticated()
        return principal

    async def _caller(self, connection: Connection, credential: Credential | None) -> Principal:
        if credential is None or not credential.secret:
            return NOBODY
        return await self._identify(connection, credential) or NOBODY

    async def _answer(self, request: web.Request, route: Route) -> _Answer | Problem | Stream:
        credential = credential_of(request)
        if limit := _strict_limit(request, route):
            self.limits.take_for_address(request, limit)
        if request.method in SAFE_METHODS:
            async with self._database.connection() as connection:
                call = await self._call(connection, request, route, credential)
                return _finish(await route.handler(call), route, request.headers)
        _refuse_forged(request, credential)
        # Who calls is settled before the body is read: a stranger cannot make us buffer it.
        async with self._database.connection() as connection:
            call = await self._call(connection, request, route, credential)
        raw = await read_body(request, route)
        body = decode_body(raw, route)

        async def work(connection: Connection) -> _Answer | Problem | Stream:
            whole = replace(call, connection=connection, body=body)
            await come_from(connection, call.address)
            key = request.headers.get("Idempotency-Key", "")
            if request.method != "POST" or not key or not route.keep_answer:
                return _finish(await route.handler(whole), route, request.headers)
            return await _once(whole, key, request, raw, route)

        return await self._database.run(work)

    async def _call(
        self,
        connection: Connection,
        request: web.Request,
        route: Route,
        credential: Credential | None,
    ) -> Call[Any, Any]:
        """Return the call, still without its body.

        Raises Unauthenticated, Forbidden if the route is not for who calls; Malformed;
        TooManyRequests.
        """
        principal = await self._caller(connection, credential)
        if principal is NOBODY:
            self.limits.take_for_address(request, ANONYMOUS)
        else:
            self.limits.take_for_user(request, principal.actor)
        if route.permission is not None:
            if principal is NOBODY:
                raise Unauthenticated()
            if not principal.may(route.permission):
                _log.warning(
                    "refused",
                    extra={
                        "actor": principal.actor,
                        "permission": route.permission,
                        "address": caller_of(request).address,
                    },
                )
                raise Forbidden(permission=route.permission)
        caller = caller_of(request)
        return Call(
            connection=connection,
            principal=principal,
            path=request.match_info,
            query=decode_query(request, route),
            body=NOTHING,
            language=language_of(request),
            if_match=request.headers.get("If-Match", ""),
            address=caller.address,
            browser=Browser(
                credential=credential,
                user_agent=header_text(request, "User-Agent")[:300],
                origin=caller.origin,
                cookie=cookie_name(request),
                authorization=request.headers.get("Authorization", ""),
            ),
        )


def cookie_name(request: web.Request, name: str = COOKIE) -> str:
    """Return what a cookie is called: behind TLS the browser guards its name."""
    return f"__Host-{name}" if caller_of(request).scheme == "https" else name


def _strict_limit(request: web.Request, route: Route) -> str:
    """Return the name of the route's own limit, if it has one."""
    open_to_all = route.permission is None and request.method not in SAFE_METHODS
    return route.limit or (SIGN_IN if open_to_all else "")


def credential_of(request: web.Request) -> Credential | None:
    """Return the bearer token or else the session cookie that a request brings."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Credential(secret.strip(), Carrier.BEARER)
    secret = request.cookies.get(cookie_name(request), "")
    background = "Genba-Background" in request.headers
    return Credential(secret, Carrier.COOKIE, background) if secret else None


def refuse_foreign_origin(request: web.Request) -> None:
    """Raise ForeignOrigin when a browser says that another site's page sent this.

    A browser sends Origin with every unsafe or WebSocket request; other clients send none.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != caller_of(request).host:
        raise ForeignOrigin()


def _refuse_forged(request: web.Request, credential: Credential | None) -> None:
    """Raise ForeignOrigin unless the request is surely meant: a cookie comes by itself.

    Where a cookie is the credential, a page of ours must have sent the request: the browser says
    so by Origin or Sec-Fetch-Site, which no script can write (Fetch Standard).
    """
    refuse_foreign_origin(request)
    if credential is None or credential.carrier is not Carrier.COOKIE:
        return
    if "Origin" not in request.headers and request.headers.get("Sec-Fetch-Site") != "same-origin":
        raise ForeignOrigin()


def language_of(request: web.Request) -> str:
    """Return the caller's language."""
    return negotiate(
        request.headers.get("Accept-Language", ""),
        request.cookies.get(cookie_name(request, LANGUAGE_COOKIE)),
    )


def request_id(request: web.Request) -> str:
    """Return the request's id, the same in every log line and problem of this request."""
    if _REQUEST_ID not in request:
        request[_REQUEST_ID] = new_id()
    return request[_REQUEST_ID]


async def _once(
    call: Call[Any, Any], key: str, request: web.Request, raw: bytes, route: Route
) -> _Answer:
    """Run the handler once for this key; a repeat gets the stored answer."""
    if len(key) > 255:
        raise Malformed(field="Idempotency-Key")
    fingerprint = hashlib.sha256(f"{request.method} {request.path_qs}\n".encode() + raw).digest()
    # A concurrent twin waits here until the first commits, and then finds its row.
    fresh = await call.connection.fetchval(
        """
        insert into kernel.idempotency (actor, key, request) values ($1, $2, $3)
        on conflict do nothing returning true
        """,
        call.principal.actor,
        key,
        fingerprint,
    )
    if fresh:
        answer = _encode(await route.handler(call), route, request.headers)
        await call.connection.execute(
            """
            update kernel.idempotency set status = $3, answer = $4, headers = $5
             where actor = $1 and key = $2
            """,
            call.principal.actor,
            key,
            answer.status,
            answer.body,
            msgspec.json.encode(answer.headers).decode(),
        )
        return answer
    row = await call.connection.fetchrow(
        "select request, status, answer, headers from kernel.idempotency"
        " where actor = $1 and key = $2",
        call.principal.actor,
        key,
    )
    if row is None or row["status"] is None:  # deleted by retention between the two statements
        raise Unavailable(retry_after=1)
    if row["request"] != fingerprint:
        raise KeyReused(field="Idempotency-Key")
    headers = msgspec.json.decode(row["headers"], type=dict[str, str])
    return _Answer(row["status"], row["answer"], headers | {"Idempotent-Replayed": "true"})


def _finish(value: Any, route: Route, headers: Mapping[str, str]) -> _Answer | Problem | Stream:
    """Return the answer, or the refusal that a handler gave without taking back what it wrote."""
    return value if isinstance(value, Problem | Stream) else _encode(value, route, headers)


def _encode(value: Any, route: Route, request_headers: Mapping[str, str]) -> _Answer:
    reply = value if isinstance(value, Reply) else Reply(value, status=route.status)
    status = int(reply.status)
    headers = {"Cache-Control": "no-store", **reply.headers}
    if reply.location:
        headers["Location"] = reply.location
    if reply.filename:
        headers["Content-Disposition"] = f'attachment; filename="{reply.filename}"'
    if reply.version is not None:
        headers["ETag"] = f'"{reply.version}"'
        if request_headers.get("If-None-Match") == headers["ETag"]:
            return _Answer(304, b"", headers)
    media = reply.media_type or route.answer_media
    if reply.value is None:
        return _Answer(204 if status == 200 else status, b"", headers)
    headers["Content-Type"] = media if media == JSON else f"{media}; charset=utf-8"
    body = reply.value if isinstance(reply.value, bytes) else msgspec.json.encode(reply.value)
    return _Answer(status, body, headers)
