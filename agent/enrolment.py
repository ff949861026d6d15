"""The agent's key: made by the server for a one-time token, kept in a file only its owner reads."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

import msgspec

from contract.ids import AgentId

KEY_FILE = "agent-key.json"
ENROL_PATH = "/api/v1/devices/enrol"
SECONDS = 15


class EnrolError(Exception):
    """The server did not give a key; the text is for whoever typed the command."""


class Identity(msgspec.Struct, frozen=True):
    """Who this agent is to the server."""

    agent: AgentId
    name: str
    key: str


def load_identity(folder: Path) -> Identity | None:
    """Return the stored identity, or None where the agent is not enrolled or the file is broken."""
    try:
        return msgspec.json.decode((folder / KEY_FILE).read_bytes(), type=Identity)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def store_identity(folder: Path, identity: Identity) -> None:
    """Write the identity with mode 0600; a crash leaves the old one or the new one, never half."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{KEY_FILE}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(identity))
        file.flush()
        os.fsync(file.fileno())
    new.rename(folder / KEY_FILE)


def enrol(url: str, token: str) -> Identity:
    """Exchange a one-time token for a key. Blocks; raises EnrolError."""
    if not url.startswith(("http://", "https://")):
        raise EnrolError(f"the server's URL must begin with http:// or https://, not {url!r}")
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
        url.rstrip("/") + ENROL_PATH,
        data=json.dumps({"token": token}).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return msgspec.json.decode(answer.read(), type=Identity)
    except urllib.error.HTTPError as exc:
        detail = exc.read(500).decode("utf-8", "replace")
        raise EnrolError(f"the server answered {exc.code}: {detail}") from exc
    except (OSError, ValueError) as exc:
        raise EnrolError(f"no usable answer from {url}: {exc}") from exc
