"""An admin's page that stays open through everything: it resumes where it was, and keeps count."""

import asyncio
from typing import Any

import aiohttp
import msgspec

from support.site import Site

TOPIC = "journal"


class Watcher:
    """Follows the live socket; `seen` are the positions of the events, as they came."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.seen: list[int] = []
        self.epoch: str | None = None
        self.position: int | None = None
        self.resyncs = 0
        self.connections = 0
        self.doing = "not begun"

    async def follow(self) -> None:
        """Stay connected until cancelled."""
        while True:
            self.doing = "connecting"
            try:
                async with self._site.client.ws_connect(
                    "/api/v1/live", headers={"Origin": self._site.url}
                ) as socket:
                    self.connections += 1
                    self.doing = "subscribing"
                    await self._listen(socket)
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            except Exception as exc:
                self.doing = f"dead: {exc!r}"
                raise
            await asyncio.sleep(0.05)

    async def _listen(self, socket: "aiohttp.ClientWebSocketResponse[bool]") -> None:
        wanted = {"type": "subscribe", "topic": TOPIC, "after": self.position, "epoch": self.epoch}
        await socket.send_str(msgspec.json.encode(wanted).decode())
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            news: dict[str, Any] = msgspec.json.decode(message.data)
            match news["type"]:
                case "subscribed":
                    self.epoch = news["epoch"]
                    self.doing = "following"
                    if self.position is None:
                        self.position = news["position"]
                case "event":
                    self.seen.append(news["position"])
                    self.position = news["position"]
                case "resync":
                    self.resyncs += 1
                    self.epoch, self.position = news["epoch"], news["position"]
                    return
