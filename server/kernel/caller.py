"""Where a request really came from: the front door (Caddy) stands between the network and us.

Forwarding headers are believed of loopback peers only, and only where a front door is set up:
Caddy drops what a client sent of them and writes its own. Anybody else's are ignored.
"""

import ipaddress
from dataclasses import dataclass

from aiohttp import web

BEHIND_FRONT_DOOR = web.AppKey("behind_front_door", bool)
FOR, PROTO, HOST = "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"


@dataclass(frozen=True, slots=True)
class Caller:
    """The client's IP address, and the scheme and host that it spoke to.

    `local`: a process on this machine that came directly, not through the front door.
    """

    address: str
    scheme: str
    host: str
    local: bool = False

    @property
    def origin(self) -> str:
        """The web origin of this site as the client names it (RFC 6454)."""
        return f"{self.scheme}://{self.host}"


def caller_of(request: web.BaseRequest) -> Caller:
    """Return who really calls. Never fails: headers that make no sense are not believed."""
    peer = request.remote or ""
    direct = Caller(peer, request.scheme, request.host, local=_is_loopback(peer))
    if not direct.local or not _behind_front_door(request):
        return direct
    # The last address is the one that our own proxy saw (RFC 7239, 7.4 explains the attack).
    address = request.headers.get(FOR, "").rpartition(",")[2].strip()
    scheme = request.headers.get(PROTO, "")
    if not _is_address(address) or scheme not in ("http", "https"):
        return direct
    return Caller(address, scheme, request.headers.get(HOST) or request.host)


def _behind_front_door(request: web.BaseRequest) -> bool:
    return isinstance(request, web.Request) and request.app.get(BEHIND_FRONT_DOOR, False)


def _is_loopback(address: str) -> bool:
    return _is_address(address) and ipaddress.ip_address(address).is_loopback


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
