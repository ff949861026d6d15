"""Questions to the server over HTTP, as JSON, before there is a link. Blocks: for a thread."""

import http.client
import socket
import ssl
from typing import TypeVar

import msgspec

from agent.server_address import ServerAddress

Answer = TypeVar("Answer")
# A stopping agent waits for a question that is under way.
SECONDS = 8
MAX_ANSWER_BYTES = 64 * 1024


class AskError(Exception):
    """The server gave no usable answer. `status` is its HTTP status, 0 if it gave none."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class _Problem(msgspec.Struct, frozen=True):
    """What of RFC 9457 an agent reads."""

    title: str = ""
    detail: str = ""


class _Connection(http.client.HTTPConnection):
    """Connects to the address's host, and speaks to its name."""

    def __init__(self, address: ServerAddress, context: ssl.SSLContext | None) -> None:
        super().__init__(address.name, address.port, timeout=SECONDS)
        self.default_port = 443 if address.tls else 80
        self._address = address
        self._context = context

    def connect(self) -> None:
        """Connect without any proxy, and check the certificate against the name."""
        self.sock = socket.create_connection(
            (self._address.host, self._address.port), timeout=SECONDS
        )
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self._address.name)


def ask(
    address: ServerAddress,
    path: str,
    body: msgspec.Struct | None,
    answer: type[Answer],
    context: ssl.SSLContext | None,
) -> Answer:
    """POST the body (GET without one) and return the decoded answer. Raises AskError.

    `context` is what says whom to trust; it must be given where the address is with TLS.
    """
    if address.tls and context is None:
        raise AskError("no TLS context")
    connection = _Connection(address, context if address.tls else None)
    try:
        connection.request(
            "GET" if body is None else "POST",
            path,
            None if body is None else msgspec.json.encode(body),
            {"Content-Type": "application/json", "Accept": "application/json"},
        )
        response = connection.getresponse()
        data = response.read(MAX_ANSWER_BYTES)
        if response.status >= 300:
            raise _refused(response.status, data)
        return msgspec.json.decode(data, type=answer)
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise AskError(f"no usable answer from {address.url}: {exc}") from exc
    finally:
        connection.close()


def _refused(status: int, data: bytes) -> AskError:
    try:
        problem = msgspec.json.decode(data, type=_Problem)
    except ValueError:
        problem = _Problem(title=data[:200].decode("utf-8", "replace"))
    words = " ".join(part for part in (problem.title, problem.detail) if part)
    return AskError(f"the server answered {status}: {words}", status)
