"""The outermost ring of every request: its id, its headers, its measure, and what nobody caught."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Middleware

from server.kernel.database import DatabaseUnavailable
from server.kernel.gateway import Gateway, request_id
from server.kernel.problems import (
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
    Unexpected,
)
from server.kernel.rate_limits import ADDRESS, tell_limits

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Measure = Callable[[int, float], None]

SLOW_SECONDS = 0.5
API_PREFIX = "/api/"

_log = logging.getLogger(__name__)

# What a page may load and do (CSP level 3): our own files, and no text turned into script.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SCRIPT_IS_NO_TEXT = "; require-trusted-types-for 'script'; trusted-types 'none'"

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY + SCRIPT_IS_NO_TEXT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "Genba",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def edge(gateway: Gateway, measure: Measure) -> Middleware:
    """Return the middleware; `measure` is told each answer's status and seconds."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        response = await _respond(gateway, request, handler)
        seconds = time.perf_counter() - began
        if response.prepared:  # a WebSocket that has ended
            return response
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request_id(request)
        tell_limits(request, response.headers)
        measure(response.status, seconds)
        if seconds >= SLOW_SECONDS or response.status >= 500:
            _log.warning("slow or failed request", extra=_words(request, response.status, seconds))
        else:
            _log.debug("request", extra=_words(request, response.status, seconds))
        return response

    return serve


async def _respond(gateway: Gateway, request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        gateway.limits.take_for_address(request, ADDRESS)
        return await handler(request)
    except Problem as problem:
        return gateway.refuse(request, problem)
    except DatabaseUnavailable:
        return gateway.refuse(request, Unavailable(retry_after=2))
    except web.HTTPException as error:
        if not request.path.startswith(API_PREFIX):
            return web.Response(status=error.status, text=f"{error.status} {error.reason}\n")
        return gateway.refuse(request, _problem(error))
    except Exception:
        _log.exception("unexpected error", extra=_words(request, 500, 0.0))
        return gateway.refuse(request, Unexpected(id=request_id(request)))


def _problem(error: web.HTTPException) -> Problem:
    match error:
        case web.HTTPMethodNotAllowed():
            return MethodNotAllowed(expected=", ".join(sorted(error.allowed_methods)))
        case web.HTTPRequestEntityTooLarge():
            return TooLarge()
        case web.HTTPNotFound():
            return NotFound()
        case _:
            return Malformed()


def _words(request: web.Request, status: int, seconds: float) -> dict[str, str | int | float]:
    # The route, not the address: that may hold somebody's name or the number of their card.
    resource = request.match_info.route.resource
    return {
        "request": request_id(request),
        "method": request.method,
        "path": resource.canonical if resource is not None else "-",
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }
