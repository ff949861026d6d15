"""The site's own key and CA: what agents know their server by."""

from collections.abc import Callable
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.proof import site_fingerprint
from server.kernel.problems import Unavailable
from server.kernel.secrets import Secrets, public_bytes

KEY_NAME = "site"
# The front door is asked every few seconds until it answers.
CA_SECONDS = 5


class SiteIdentity:
    """Signs for the site.

    `ca` returns the PEM of its CA, empty where there is no TLS, None while it is not known yet.
    """

    def __init__(self, secrets: Secrets, ca: Callable[[], str | None]) -> None:
        self._secrets = secrets
        self._ca = ca

    def load(self) -> None:
        """Read the key, or make it. Blocks; raises SecretError."""
        assert self.public_key

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return self._secrets.ed25519(KEY_NAME)

    @cached_property
    def public_key(self) -> bytes:
        """The site's public key, 32 bytes. The first time it blocks, as `load` does."""
        return public_bytes(self._key)

    @property
    def ca(self) -> str:
        """The PEM of the site's CA, empty where there is no TLS.

        Raises Unavailable while it is not known: an agent must not pin that there is none.
        """
        pem = self._ca()
        if pem is None:
            raise Unavailable(retry_after=CA_SECONDS)
        return pem

    @property
    def fingerprint(self) -> str:
        """What an enrolment token says of key and CA."""
        return site_fingerprint(self.public_key, self.ca)

    def sign(self, claim: bytes) -> bytes:
        """Return the site's signature, 64 bytes."""
        return self._key.sign(claim)


def is_signed(claim: bytes, signature: bytes, public_key: bytes) -> bool:
    """Say whether this key signed the claim; false also for what is no key or no signature."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, claim)
    except (InvalidSignature, ValueError):
        return False
    return True
