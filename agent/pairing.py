"""One attempt at being paired: ask, reveal, then poll until an admin has decided. Blocks."""

import secrets
import ssl
from dataclasses import dataclass, replace

from agent.asking import AskError, ask
from agent.identity import Identity, new_private_key, public_key, sign
from agent.server_address import ServerAddress, pinned_context, unverified_context
from contract.pairing import (
    PAIRINGS,
    PairingOffer,
    PairingRequest,
    Poll,
    PollAnswer,
    PollApproved,
    PollWaiting,
    Reveal,
    commitment,
    pairing_code,
    reveal_claim,
)
from contract.proof import NONCE_BYTES

TOO_MANY = 429
REDIRECTS = frozenset({301, 302, 307, 308})
HTTPS_PORT = 443


class PairingFailed(Exception):
    """No code came of it. `code` is stable: `unreachable`, `certificate`, `busy`, `refused`,
    `disk`.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Attempt:
    """A pairing under way: `code` is for the kiosk, `site` the site's id in mDNS if known."""

    address: ServerAddress
    site: str
    code: str
    offer: PairingOffer
    private_key: bytes
    context: ssl.SSLContext | None

    def poll(self) -> PollAnswer:
        """Ask whether an admin has decided. Raises AskError; asking again is always right."""
        path = f"{PAIRINGS}/{self.offer.pairing}/poll"
        body = Poll(self.offer.secret)
        # A Union of tagged structs is a type to msgspec, but no class to mypy.
        answer: PollAnswer = ask(self.address, path, body, PollAnswer, self.context)  # type: ignore[arg-type]
        return answer

    def identity(self, approved: PollApproved) -> Identity:
        """Return who this agent is from now on, its site pinned."""
        return Identity(
            agent=approved.agent,
            name=approved.name,
            private_key=self.private_key,
            site_key=self.offer.site_key,
            ca=self.offer.ca,
            server=self.address.url,
            site=self.site,
        )


def begin(address: ServerAddress, site: str, hostname: str, version: str) -> Attempt:
    """Make a key and ask to be paired with it. Raises PairingFailed.

    A front door that sends plain HTTP elsewhere is asked again with TLS; never the other way round.

    With TLS the first question goes to whoever answers; what follows goes only to the holder of a
    certificate by the CA that the answer names, and that CA is part of the code.
    """
    private_key, nonce = new_private_key(), secrets.token_bytes(NONCE_BYTES)
    key = public_key(private_key)
    request = PairingRequest(key, commitment(nonce), hostname[:100], version[:40])
    try:
        first = unverified_context() if address.tls else None
        offer = ask(address, PAIRINGS, request, PairingOffer, first)
        context = _pinned(offer.ca) if address.tls else None
        claim = reveal_claim(offer.pairing, offer.site_key, offer.server_nonce, nonce)
        reveal = Reveal(offer.secret, nonce, sign(private_key, claim))
        path = f"{PAIRINGS}/{offer.pairing}/reveal"
        answer: PollAnswer = ask(address, path, reveal, PollAnswer, context)  # type: ignore[arg-type]
    except AskError as exc:
        if exc.status in REDIRECTS and not address.tls:
            secure = replace(address, tls=True, port=HTTPS_PORT)
            return begin(secure, site, hostname, version)
        raise PairingFailed(_code(exc), str(exc)) from exc
    if not isinstance(answer, PollWaiting):
        raise PairingFailed("refused", f"the server answered {answer}")
    code = pairing_code(key, offer.site_key, offer.ca, offer.server_nonce, nonce)
    return Attempt(address, site, code, offer, private_key, context)


def _pinned(ca: str) -> ssl.SSLContext:
    try:
        return pinned_context(ca, clock_known=False)
    except (ssl.SSLError, ValueError) as exc:
        raise PairingFailed("certificate", f"the server named no usable CA: {exc}") from exc


def _code(exc: AskError) -> str:
    if isinstance(exc.__cause__, ssl.SSLError):
        return "certificate"
    if exc.status == TOO_MANY:
        return "busy"
    return "refused" if exc.status else "unreachable"
