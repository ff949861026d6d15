"""Hostile messages at every protocol, to real processes: nothing crashes, leaks or gets stuck.

GENBA_HOSTILE_MESSAGES says how many in all (100,000 for the run in docs/security.md), and
GENBA_HOSTILE_SEED repeats one.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.greeting import Greeting
from agent.identity import Identity
from contract.ids import new_id
from contract.link import Challenge, Events, Heartbeat, Hello, Welcome
from contract.moment import Clock
from faults.hostile import Hostile
from faults.wire_client import TEXT, Wire, frame, read_frame
from support.raw_link import BOOT, enrolled, hello_of, opened, row
from support.site import Agent, Site

MESSAGES = int(os.environ.get("GENBA_HOSTILE_MESSAGES", "3000"))
SEED = int(os.environ.get("GENBA_HOSTILE_SEED", "4711"))
MAX_GROWTH_BYTES = 48 << 20
PERSON, ITEM, NOBODY = "0123456789ABCDEF", "04A1B2C3D4E580", "04FFFFFFFFFF80"


@pytest.mark.timeout(60 + MESSAGES // 20)
async def test_hostile_messages_break_nothing(tmp_path: Path, database_url: str) -> None:
    async with Site(tmp_path, database_url).running() as site:
        person = await site.person("1001", "佐藤 花子", PERSON)
        item = await site.item("T-001", "トルクレンチ", ITEM)
        agent = await site.add_agent("工具室")
        await tap_twice(agent)
        pids = [site.server.pid, agent.process.pid]
        before = [rss(pid) for pid in pids]
        share = MESSAGES // 5
        sent = await asyncio.gather(
            at_the_live_socket(site, share),
            at_the_link_unproved(site, share),
            at_the_link_as_an_agent(site, share, person, item),
            at_the_kiosk(agent, MESSAGES - 3 * share),
            taps_go_on(agent),
        )
        print(f"seed {SEED}: {sent} messages")
        assert sum(sent[:4]) >= MESSAGES

        assert [site.server.pid, agent.process.pid] == pids, "a process was started anew"
        growth = [rss(pid) - size for pid, size in zip(pids, before, strict=True)]
        assert max(growth) < MAX_GROWTH_BYTES, growth
        await tap_twice(agent)
        for process in (site.server, agent.process):
            lines = process.log.read_text().splitlines()
            assert not [line for line in lines if "Traceback" in line], process.name
        report = await site.cli("journal", "verify")
        assert "0 faults" in report


async def tap_twice(agent: Agent) -> None:
    """Lend the item and take it back, which only works while nothing is stuck."""
    async with agent.kiosk() as kiosk:
        for _ in range(2):
            await kiosk.tap(ITEM)
            await kiosk.tap(PERSON)
            await kiosk.see(lambda state: state.link.online and state.link.waiting == 0)


async def taps_go_on(agent: Agent) -> int:
    """Use the kiosk meanwhile, as people do."""
    for _ in range(max(1, MESSAGES // 3000)):
        await tap_twice(agent)
    return 0


async def at_the_live_socket(site: Site, count: int) -> int:
    examples = [
        {"type": "subscribe", "topic": "loans", "after": None, "epoch": None},
        {"type": "subscribe", "topic": "loans", "after": 1, "epoch": "x"},
        {"type": "unsubscribe", "topic": "loans"},
        {"type": "ping"},
    ]
    headers = {"Authorization": f"Bearer {site.token}"}
    return await send_all(Hostile(SEED, examples), Wire(site.port, "/api/v1/live", headers), count)


async def at_the_link_unproved(site: Site, count: int) -> int:
    """As anybody in the network can: everything before the proof of a key."""
    async with opened(site) as (link, _):
        hello = msgspec.to_builtins(hello_of(link))
    examples = [{"type": "hello", **hello}, *up_examples(new_id(), new_id())]
    return await send_all(Hostile(SEED + 1, examples), Wire(site.port, "/link", {}), count)


async def at_the_link_as_an_agent(site: Site, count: int, person: str, item: str) -> int:
    """As an agent that was taken over: a valid key, and then anything."""
    identity = await enrolled(site, "乗っ取られた端末")
    async with opened(site) as (link, _):
        hello = hello_of(link)
    wire = _Agent(site.port, identity, hello)
    return await send_all(Hostile(SEED + 2, up_examples(person, item)), wire, count)


class _Agent(Wire):
    """Proves its key on each connection."""

    def __init__(self, port: int, identity: Identity, hello: Hello) -> None:
        super().__init__(port, "/link", {})
        self._identity = identity
        self._hello = hello

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, said = await read_frame(reader)
        greeting = Greeting(self._identity, msgspec.json.decode(said, type=Challenge))
        hello = greeting.signed(self._hello)
        writer.write(frame(TEXT, msgspec.json.encode(hello)))
        _, said = await read_frame(reader)
        greeting.checked(msgspec.json.decode(said, type=Welcome))


async def at_the_kiosk(agent: Agent, count: int) -> int:
    examples = [
        # Not a card of theirs: what taps it again and again would keep their own from being read.
        {"type": "tap", "uid": NOBODY, "technology": "iso14443a"},
        {"type": "undo", "number": 1},
        {"type": "finish"},
        {"type": "extend"},
        {"type": "drawing", "screen": "waiting"},
        {"type": "ask_samples"},
        {"type": "stop_pairing"},
        {"type": "enter_pin", "pin": "294017"},
    ]
    headers = {"Origin": f"http://127.0.0.1:{agent.port}"}
    return await send_all(Hostile(SEED + 3, examples), Wire(agent.port, "/ws", headers), count)


def up_examples(person: str, item: str) -> list[Mapping[str, Any]]:
    """Return what an agent says, as the contract has it."""
    bodies: list[dict[str, Any]] = [
        {"type": "borrowed", "item": item, "person": person},
        {"type": "returned", "item": item, "loan": new_id()},
        {"type": "undone", "fact": new_id()},
        {"type": "card_unknown", "card": ITEM},
    ]
    heartbeat = Heartbeat(BOOT, 1, 1, Clock.KNOWN)  # type: ignore[arg-type]
    return [
        *(
            {"type": "events", "queue_epoch": new_id(), "rows": [row(1, body), row(2, body)]}
            for body in bodies
        ),
        {"type": "heartbeat", **msgspec.to_builtins(heartbeat)},
        json.loads(msgspec.json.encode(Events(new_id(), []))),  # type: ignore[arg-type]
        {"type": "sign_in", "request": "1", "person": person, "card": PERSON, "pin": "294017"},
    ]


async def send_all(hostile: Hostile, wire: Wire, count: int) -> int:
    async with wire:
        for _ in range(count):
            await wire.send(hostile.message())
    return count


def rss(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
