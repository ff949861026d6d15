"""Command line of the agent: run, pair, enrol, site-ca, status."""

import argparse
import asyncio
import contextlib
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from agent.app import run_agent
from agent.enrolment import EnrolError, enrol
from agent.identity import load_identity, store_identity
from agent.logs import log_to_stderr
from agent.notify import Notifier
from agent.outbox import OutboxError
from agent.pairing_terminal import pair_on_terminal
from agent.queue_file import QueueNewer
from agent.settings import Settings, load
from contract.release import VERSION
from contract.settings_file import SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(options.config)
    except SettingsError as exc:
        print(f"genba-agent: {exc}", file=sys.stderr)
        return 2
    match options.command:
        case "run":
            return _run(settings)
        case "pair":
            return pair_on_terminal(settings, options.server)
        case "enrol":
            return _enrol(settings, options.server, options.token)
        case "site-ca":
            return _site_ca(settings)
        case _:
            return _status(settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="genba-agent", description="The agent of Genba.")
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, help="settings file (default: config/agent.toml)")
    commands.add_parser("run", parents=[shared], help="read cards and serve the kiosk")
    pairing = commands.add_parser(
        "pair", parents=[shared], help="show a code for an admin to type, and wait"
    )
    pairing.add_argument("--server", help="the server's address (default: server.url, or mDNS)")
    enrolling = commands.add_parser(
        "enrol", parents=[shared], help="get a key from the server with a one-time token"
    )
    enrolling.add_argument("--server", help="the server's URL (default: server.url)")
    enrolling.add_argument("--token", required=True, help="made by `genba-server enrol`")
    commands.add_parser(
        "site-ca", parents=[shared], help="print the site's pinned CA, for the kiosk's browser"
    )
    commands.add_parser("status", parents=[shared], help="print the running agent's health")
    return parser


def _run(settings: Settings) -> int:
    log_to_stderr()
    try:
        asyncio.run(_until_stopped(settings))
    except (OutboxError, QueueNewer, OSError) as exc:
        print(f"genba-agent: {exc}", file=sys.stderr)
        return 1
    return 0


async def _until_stopped(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def ready(port: int) -> None:
        print(f"genba-agent: kiosk at http://127.0.0.1:{port}/", flush=True)

    running = asyncio.create_task(run_agent(settings, Notifier(), ready))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not running.done():
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        return
    await running


def _enrol(settings: Settings, server: str | None, token: str) -> int:
    folder = Path(settings.data.dir)
    try:
        url = server or settings.server.url
        if not url:
            raise EnrolError("name the server with --server, or set server.url")
        identity = enrol(url, token)
        store_identity(folder, identity)
    except (EnrolError, OSError) as exc:
        print(f"genba-agent: {exc}", file=sys.stderr)
        return 1
    print(f"enrolled as {identity.name}")
    return 0


def _site_ca(settings: Settings) -> int:
    identity = load_identity(Path(settings.data.dir))
    if identity is None or not identity.ca:
        print("genba-agent: there is no CA: not paired yet, or without TLS", file=sys.stderr)
        return 1
    print(identity.ca, end="")
    return 0


def _status(settings: Settings) -> int:
    url = f"http://127.0.0.1:{settings.local.port}/health"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            print(answer.read().decode())
    except (urllib.error.URLError, OSError) as exc:
        print(f"genba-agent: no agent answers at {url}: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
