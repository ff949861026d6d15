"""HTTP of the site's authority: what people compare before a device trusts it."""

from collections.abc import Callable, Sequence

import msgspec

from server.front_door.authority import Authority
from server.kernel.http import API, Call, Nothing, Route


class KnownAuthority(msgspec.Struct, frozen=True):
    """The authority's name and its certificate's SHA-256, hexadecimal by colons; or both empty."""

    name: str = ""
    sha256: str = ""


def routes(authority: Callable[[], Authority | None]) -> Sequence[Route]:
    """Return the operation by which pages learn whether there is anything to trust."""

    async def known(_: Call[Nothing, Nothing]) -> KnownAuthority:
        found = authority()
        return KnownAuthority(found.name, found.fingerprint) if found else KnownAuthority()

    summary = "Which certificate authority the site has, if it has its own"
    return (Route("GET", f"{API}/authority", None, known, summary, answer=KnownAuthority),)
