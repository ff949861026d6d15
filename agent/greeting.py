"""The agent's half of the greeting: its proof, and the check of the server's. Pure but for a nonce.

Nothing but a Hello has been sent until the server has proved that it holds the pinned key.
"""

import secrets

import msgspec

from agent.identity import Identity, is_signed, sign
from agent.link_status import LinkEnded, Problem, farewell
from contract.link import SPEAKS, Challenge, Down, Goodbye, Hello, Welcome
from contract.proof import NONCE_BYTES, agent_claim, server_claim


class Greeting:
    """One greeting. Raises LinkEnded wherever the server is not the one that was paired with."""

    def __init__(self, identity: Identity, first: Down) -> None:
        """`first` is what the server said first."""
        challenge = _challenge(identity, first)
        self._identity = identity
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self._signed = (challenge.nonce, self._nonce, identity.agent, identity.site_key)

    def signed(self, hello: Hello) -> Hello:
        """Return the hello with the agent's proof."""
        return msgspec.structs.replace(
            hello,
            agent=self._identity.agent,
            nonce=self._nonce,
            signature=sign(self._identity.private_key, agent_claim(*self._signed)),
        )

    def checked(self, answer: Down) -> Welcome:
        """Return the server's welcome, if it is one and proves the site's key."""
        match answer:
            case Welcome(protocol=protocol) if protocol not in SPEAKS:
                raise LinkEnded(f"the server speaks protocol {protocol}", Problem.VERSION)
            case Welcome(signature=signature) as welcome:
                claim = server_claim(*self._signed)
                if not is_signed(claim, signature, self._identity.site_key):
                    raise LinkEnded("the server could not prove its key", Problem.OTHER_SITE)
                return welcome
            case Goodbye(code=code, detail=detail):
                raise farewell(code, detail)
            case _:
                raise LinkEnded("the server did not begin with a welcome")


def _challenge(identity: Identity, first: Down) -> Challenge:
    match first:
        case Challenge(protocol=protocol) if protocol not in SPEAKS:
            raise LinkEnded(f"the server speaks protocol {protocol}", Problem.VERSION)
        case Challenge(site_key=site_key) if site_key != identity.site_key:
            raise LinkEnded("this server belongs to another site", Problem.OTHER_SITE)
        case Challenge(nonce=nonce) as challenge if len(nonce) == NONCE_BYTES:
            return challenge
        case Goodbye(code=code, detail=detail):
            raise farewell(code, detail)
        case _:
            raise LinkEnded("the server did not begin with a challenge")
