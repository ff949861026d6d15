"""Where a server is: what it is called, and where to connect to."""

import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

LONGEST_NAME = 253
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.ASCII)

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python's ssl passes on but has no name for.
_NO_CHECK_TIME = 0x200000
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:|/|$)", re.IGNORECASE)


class BadAddress(ValueError):
    """What was typed is no server's address."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """`name` stands in the Host header and in the certificate; `host` is connected to.

    They differ where mDNS told the address of a name that nothing else resolves.
    """

    tls: bool
    name: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """The server's URL, without a path."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        usual = self.port == (443 if self.tls else 80)
        return f"{'https' if self.tls else 'http'}://{name}" + ("" if usual else f":{self.port}")

    @property
    def private(self) -> bool:
        """Whether nobody on the way reads what is said: by TLS, or within this machine."""
        return self.tls or _LOOPBACK.match(self.url.removeprefix("http://")) is not None

    @property
    def link_url(self) -> str:
        """The URL of the link's WebSocket."""
        return "ws" + self.url.removeprefix("http") + "/link"


def read_address(text: str) -> ServerAddress:
    """Return the address that somebody typed.

    Without a scheme it is meant with TLS, but for this machine itself, where nobody listens in.

    Raises BadAddress.
    """
    text = text.strip()
    whole = text if "://" in text else f"{'http' if _LOOPBACK.match(text) else 'https'}://{text}"
    try:
        parts = urlsplit(whole)
        port = parts.port
    except ValueError as error:
        raise BadAddress(text) from error
    name = parts.hostname or ""
    tls = parts.scheme == "https"
    strange = parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not is_host(name) or strange:
        raise BadAddress(text)
    return ServerAddress(tls, name, name, port or (443 if tls else 80))


def is_host(text: str) -> bool:
    """Say whether this is an IP address or a name as RFC 1123, 2.1 has them."""
    try:
        ip_address(text)
    except ValueError:
        return len(text) <= LONGEST_NAME and _HOST.fullmatch(text) is not None
    return True


def pinned_context(ca: str, *, clock_known: bool) -> ssl.SSLContext:
    """Return a context that trusts this CA (PEM) and no other. Raises ssl.SSLError for no PEM.

    A Pi has no battery clock, and the server's leaves live 12 hours: while the time is not known,
    dates are not looked at. What is fresh is shown by the nonces of the greeting.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not clock_known:
        context.verify_flags |= _NO_CHECK_TIME
    context.load_verify_locations(cadata=ca)
    return context


def unverified_context() -> ssl.SSLContext:
    """Return a context for the first words to a site that is not pinned yet; trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
