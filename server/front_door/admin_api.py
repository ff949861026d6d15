"""Caddy's admin API (https://caddyserver.com/docs/api), by the socket or port that only it answers.

Everything here blocks: run it in a thread.
"""

import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from caddy_api_client import CaddyAPIClient  # type: ignore[import-untyped]

from server.front_door.plan import SERVER, Json

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 4 << 20
_UNIX = "unix/"


class CaddyUnreachable(Exception):
    """Nobody answers at the admin address; Caddy is not running, or listens elsewhere."""


class CaddyRefused(Exception):
    """Caddy answered that it does not want this; the text is its own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the admin API said: its JSON, and the version of what it showed."""

    value: Json
    etag: str

    def json(self) -> Json:
        """Return the value; caddy-api-client asks in this way."""
        return self.value


class _Response(http.client.HTTPResponse):
    def _read_and_discard_trailer(self) -> None:
        """Keep the trailer: Caddy before 2.7 tells the ETag there (RFC 9110, 6.5)."""
        for name, value in http.client.parse_headers(self.fp).items():
            self.headers[name] = value


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class AdminApi:
    """One Caddy. `address` as in its own `admin.listen`: `unix//run/...` or `127.0.0.1:2019`."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, method: str, path: str, body: Json = None, if_match: str = "") -> Answer:
        """Send one request and return the answer.

        Raises CaddyUnreachable, CaddyRefused.
        """
        # Caddy asks for a Host that it knows: for a socket it is the empty one (RFC 9110, 7.2).
        headers = {"Host": "" if self.address.startswith(_UNIX) else self.address}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        if if_match:
            headers["If-Match"] = if_match
        connection = self._connect()
        connection.response_class = _Response
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(content)
            response = connection.getresponse()
            text = response.read(MAX_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise CaddyUnreachable(f"{self.address}: {error}") from error
        finally:
            connection.close()
        if response.status >= 400:
            raise CaddyRefused(f"{response.status} {text.decode(errors='replace').strip()[:500]}")
        try:
            return Answer(
                json.loads(text) if text.strip() else None, response.getheader("Etag", "")
            )
        except ValueError as error:
            raise CaddyRefused(f"no JSON from {path}") from error

    def _connect(self) -> http.client.HTTPConnection:
        if self.address.startswith(_UNIX):
            return _UnixConnection(Path(self.address.removeprefix(_UNIX)))
        host, _, port = self.address.rpartition(":")
        return http.client.HTTPConnection(host.strip("[]"), int(port), timeout=TIMEOUT_SECONDS)


class Routes(CaddyAPIClient):  # type: ignore[misc]
    """The site's routes. Of caddy-api-client only reading and deleting are as we need them.

    Its other calls set TLS too: they rewrite the whole configuration and hard-code an ACME
    account. So they are not used, and a route is added by the request that they all are made of.
    """

    def __init__(self, api: AdminApi) -> None:
        super().__init__(api.address)
        self._api = api

    def read(self, name: str) -> Json:
        """Return the route of this `@id`, or None. Raises CaddyUnreachable, CaddyRefused."""
        try:
            found: Json = self.get_domain_config(name)["route"]
        except Exception as error:  # it raises nothing narrower
            _translate(error)
        return found or None

    def add(self, route: dict[str, Json]) -> None:
        """Put a route before all others."""
        self._make_request("PUT", f"/config/apps/http/servers/{SERVER}/routes/0", data=route)

    def change(self, route: dict[str, Json]) -> None:
        """Put a route in the place of the one with its `@id`: no request meets neither."""
        self._make_request("PATCH", f"/id/{route['@id']}", data=route)

    def delete(self, name: str) -> None:
        """Take a route away. Raises CaddyUnreachable, CaddyRefused."""
        try:
            self.delete_domain(name)
        except Exception as error:  # it raises nothing narrower
            _translate(error)

    def _make_request(
        self, method: str, endpoint: str, data: Any = None, headers: object = None
    ) -> Answer:
        """Send what caddy-api-client wants to send: it speaks TCP only, and hides what failed."""
        return self._api.ask(method, endpoint, data or None)


def _translate(error: Exception) -> NoReturn:
    cause = error.__context__
    raise cause if isinstance(cause, CaddyUnreachable) else CaddyRefused(str(error)) from error
