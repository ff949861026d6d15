"""What agent and server sign when a link opens, and how a site is known by its fingerprint. Pure.

Keys are Ed25519 (RFC 8032). Each side signs both nonces, the agent's id and the site's key, so that
neither signature can be used again or turned to another site; the two contexts keep one side's
signature from passing as the other's.
"""

import base64
import hashlib

import msgspec

from contract.ids import AgentId

KEY_BYTES = 32
NONCE_BYTES = 32
SIGNATURE_BYTES = 64
FINGERPRINT_BYTES = 20

_AGENT = b"genba-link-agent-2\0"
_SERVER = b"genba-link-server-2\0"
_encode = msgspec.json.Encoder().encode


def agent_claim(server_nonce: bytes, agent_nonce: bytes, agent: AgentId, site_key: bytes) -> bytes:
    """Return what the agent signs in its Hello. Byte strings are base64 in the JSON array."""
    return _AGENT + _encode((server_nonce, agent_nonce, agent, site_key))


def server_claim(server_nonce: bytes, agent_nonce: bytes, agent: AgentId, site_key: bytes) -> bytes:
    """Return what the server signs in its Welcome."""
    return _SERVER + _encode((server_nonce, agent_nonce, agent, site_key))


def site_fingerprint(site_key: bytes, ca: str) -> str:
    """Return what an enrolment token says of its site: 160 bits of SHA-256 in base32 (RFC 4648).

    `ca` is the PEM of the site's CA, empty where there is no TLS.
    """
    ca_digest = hashlib.sha256(ca.encode()).digest()
    digest = hashlib.sha256(b"genba-site-1\0" + site_key + ca_digest).digest()
    return base64.b32encode(digest[:FINGERPRINT_BYTES]).decode()
