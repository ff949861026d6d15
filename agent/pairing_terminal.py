"""`genba-agent pair`: pairing without a kiosk's screen."""

import asyncio
import contextlib
import socket
import sys
import time
from pathlib import Path

from agent.asking import AskError
from agent.discovery import Discovery
from agent.identity import store_identity
from agent.pairing import Attempt, PairingFailed, begin
from agent.pairing_desk import FoundSite, pace
from agent.server_address import BadAddress, read_address
from agent.settings import Settings
from contract.pairing import PollApproved, PollExpired, PollRefused, shown
from contract.release import VERSION

SEARCH_SECONDS = 5


class _NotPaired(Exception):
    """The text is for whoever typed the command."""


def pair_on_terminal(settings: Settings, server: str | None) -> int:
    """Print a code, wait until an admin has typed it, and keep the identity; return the exit code.

    An expired code is followed by a new one. A running agent takes the identity up by itself.
    """
    try:
        site = _site(server or settings.server.url)
        while True:
            attempt = begin(site.address, site.id, socket.gethostname(), VERSION)
            print(f"\n    {shown(attempt.code)}\n", flush=True)
            print(f"Type this code on the admin pages of {site.address.url}, under Kiosks.")
            decided = _decision(attempt)
            if isinstance(decided, PollRefused):
                raise _NotPaired("an admin refused this agent")
            if isinstance(decided, PollApproved):
                break
            print("The code has expired; here is a new one.")
        identity = attempt.identity(decided)
        store_identity(Path(settings.data.dir), identity)
    except (_NotPaired, PairingFailed, OSError) as exc:
        print(f"genba-agent: {exc}", file=sys.stderr)
        return 1
    print(f"paired as {identity.name}")
    return 0


def _site(typed: str) -> FoundSite:
    if typed:
        try:
            address = read_address(typed)
        except BadAddress as exc:
            raise _NotPaired(f"{typed!r} is no server's address") from exc
        return FoundSite("", address.name, address)
    sites = asyncio.run(_search())
    if len(sites) == 1:
        return sites[0]
    if not sites:
        raise _NotPaired("no server was found in this network; name it with --server")
    names = ", ".join(f"{site.name} ({site.address.url})" for site in sites)
    raise _NotPaired(f"several servers were found; name one with --server: {names}")


async def _search() -> tuple[FoundSite, ...]:
    discovery = Discovery(lambda: None)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SEARCH_SECONDS):
            await discovery.run()
    return discovery.sites()


def _decision(attempt: Attempt) -> PollApproved | PollRefused | PollExpired:
    life, pause = pace(attempt.offer)
    ends = time.monotonic() + life
    while time.monotonic() < ends:
        time.sleep(pause)
        try:
            answer = attempt.poll()
        except AskError as exc:
            print(f"genba-agent: {exc}", file=sys.stderr)
            continue
        if isinstance(answer, PollApproved | PollRefused | PollExpired):
            return answer
    return PollExpired()
