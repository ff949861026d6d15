"""An agent that asks to be paired, reduced to what it says over HTTP."""

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec

from agent.identity import new_private_key, public_key, sign
from contract.pairing import (
    PAIRINGS,
    PairingOffer,
    PairingRequest,
    Poll,
    Reveal,
    commitment,
    pairing_code,
    reveal_claim,
)
from support.api import Answer, Api, expect

ANONYMOUS = {"Authorization": ""}


@dataclass
class Asking:
    """One pairing under way, as the agent knows it."""

    api: Api
    offer: PairingOffer
    private_key: bytes
    nonce: bytes

    @property
    def code(self) -> str:
        """The code that its kiosk shows."""
        key, offer = public_key(self.private_key), self.offer
        return pairing_code(key, offer.site_key, offer.ca, offer.server_nonce, self.nonce)

    async def say(self, what: str, body: msgspec.Struct) -> Answer:
        """Send a message of this pairing and return the answer."""
        path = f"{PAIRINGS}/{self.offer.pairing}/{what}"
        return await self.api.ask("POST", path, json=msgspec.to_builtins(body), headers=ANONYMOUS)

    def revelation(self) -> Reveal:
        """Return what reveals its nonce."""
        offer = self.offer
        claim = reveal_claim(offer.pairing, offer.site_key, offer.server_nonce, self.nonce)
        return Reveal(offer.secret, self.nonce, sign(self.private_key, claim))

    async def reveal(self) -> "Asking":
        """Reveal the nonce: from now on the code can be typed."""
        answer = expect(await self.say("reveal", self.revelation()), 200)
        assert answer.json["state"] == "waiting"
        return self

    async def poll(self) -> Any:
        """Return what has become of it."""
        return expect(await self.say("poll", Poll(self.offer.secret)), 200).json


async def asking(api: Api, hostname: str = "genba-kiosk-1") -> Asking:
    """Begin a pairing."""
    key, nonce = new_private_key(), secrets.token_bytes(32)
    request = PairingRequest(public_key(key), commitment(nonce), hostname, "test")
    answer = await api.ask("POST", PAIRINGS, json=msgspec.to_builtins(request), headers=ANONYMOUS)
    offer = msgspec.json.decode(expect(answer, 201).body, type=PairingOffer)
    return Asking(api, offer, key, nonce)
