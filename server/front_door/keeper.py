"""Keeps Caddy as the site needs it: at the start, after its restart, after a stranger's edit."""

import asyncio
import logging
from collections.abc import Sequence

from server.front_door.admin_api import AdminApi, CaddyRefused, CaddyUnreachable, Routes
from server.front_door.authority import Authority, NotACertificate
from server.front_door.plan import Door, planned, site_route, stale_routes
from server.kernel.database import Connection
from server.kernel.module import Check, Finding

COMPARE_SECONDS = 30.0
RETRY_SECONDS = 2.0

_log = logging.getLogger(__name__)


class FrontDoor:
    """Caddy, seen from the server."""

    def __init__(
        self, door: Door, api: AdminApi, *, compare_seconds: float = COMPARE_SECONDS
    ) -> None:
        self.door = door
        self._api = api
        self._compare_seconds = compare_seconds
        self._trouble: str | None = "not asked yet"
        self._authority: Authority | None = None

    @property
    def authority(self) -> Authority | None:
        """The site's root, or None while Caddy has not told it yet."""
        return self._authority

    def authority_pem(self) -> str | None:
        """Return the site's root as text, or None while Caddy has not told it yet."""
        return None if self._authority is None else self._authority.pem.decode()

    async def learn(self) -> None:
        """Ask for the site's root, and change nothing.

        Raises CaddyUnreachable, CaddyRefused, NotACertificate.
        """
        self._authority = await asyncio.to_thread(_authority, self._api)

    async def run(self) -> None:
        """Compare and repair until cancelled."""
        while True:
            trouble = await self.look()
            await asyncio.sleep(RETRY_SECONDS if trouble else self._compare_seconds)

    async def look(self) -> str | None:
        """Compare and repair once; return what is wrong, or None."""
        try:
            changed, authority = await asyncio.to_thread(repair, self._api, self.door)
        except (CaddyUnreachable, CaddyRefused, NotACertificate) as error:
            trouble = str(error)
            if trouble != self._trouble:
                _log.warning("the front door is not as it should be: %s", trouble)
            self._trouble = trouble
            return trouble
        if changed:
            _log.info("the front door was set up", extra={"changed": ", ".join(changed)})
        if authority != self._authority:
            _log.info("the site's authority", extra={"fingerprint": authority.fingerprint})
        self._trouble, self._authority = None, authority
        return None

    def check(self) -> Check:
        """Return the check that says whether Caddy is as it should be."""

        async def run(_: Connection) -> Finding | None:
            return Finding("error", {"reason": self._trouble}) if self._trouble else None

        return Check("front-door", run)


def repair(api: AdminApi, door: Door) -> tuple[Sequence[str], Authority]:
    """Bring Caddy's configuration to what it must be; return what was changed, and the root.

    An edit that somebody makes meanwhile is not lost: Caddy refuses ours (RFC 9110, 13.1.1), and
    the next look sees theirs. Blocks. Raises CaddyUnreachable, CaddyRefused, NotACertificate.
    """
    changed: list[str] = []
    current = api.ask("GET", "/config/")
    wanted = planned(current.value, door)
    if wanted != current.value:
        api.ask("POST", "/config/", wanted, if_match=current.etag)
        changed.append("configuration")
    routes = Routes(api)
    route = site_route(door)
    there = routes.read(door.main)
    if there is None:
        routes.add(route)
        changed.append(door.main)
    elif there != route:
        routes.change(route)
        changed.append(door.main)
    for name in stale_routes(wanted, door):
        routes.delete(name)
        changed.append(name)
    return changed, _authority(api)


def _authority(api: AdminApi) -> Authority:
    told = api.ask("GET", "/pki/ca/local").value
    pem = told.get("root_certificate") if isinstance(told, dict) else None
    if not isinstance(pem, str):
        raise NotACertificate("no root_certificate in /pki/ca/local")
    return Authority.of_pem(pem)
