"""What the command line does with the server's secrets: list them, and put fresh ones in place."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from server.commands import ACTOR, CommandFailed, database_of
from server.kernel.checkpointing import KEY as CHECKPOINTS
from server.kernel.database import Connection, Database
from server.kernel.journal import Journal
from server.modules.accounts.factors import KEY as FACTORS
from server.modules.accounts.store_factors import delete_every_totp
from server.modules.accounts.store_privacy import revoke_every_session
from server.modules.accounts.token_keys import FORMER as FORMER_TOKENS
from server.modules.accounts.token_keys import KEY as TOKENS
from server.modules.accounts.token_keys import TokenKeys
from server.modules.system.service import System
from server.settings import Settings
from server.state import checkpointing, keys

Rotate = Callable[[Settings, Database], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Known:
    """A secret of the server: what it is for, and what a fresh one breaks."""

    purpose: str
    breaks: str
    rotate: Rotate


async def _rotate_checkpoints(settings: Settings, database: Database) -> None:
    await checkpointing(settings, database, keys(settings)).rotate_key()


async def _rotate_site(settings: Settings, _: Database) -> None:
    secrets = keys(settings)
    if "site" not in secrets.names():
        raise CommandFailed("there is no site key yet: the server makes it when it first starts")
    await asyncio.to_thread(secrets.rotate, "site")


async def _rotate_sessions(_: Settings, database: Database) -> None:
    await database.run(revoke_every_session)


async def _rotate_factors(settings: Settings, database: Database) -> None:
    await database.run(delete_every_totp)
    await asyncio.to_thread(keys(settings).rotate, FACTORS)


async def _rotate_tokens(settings: Settings, _: Database) -> None:
    keys_of_tokens = TokenKeys(Path(settings.state.folder) / "keys")
    await asyncio.to_thread(keys_of_tokens.rotate)


KNOWN: Mapping[str, Known] = MappingProxyType(
    {
        CHECKPOINTS: Known(
            "signs the journal's checkpoints",
            "Nothing. What the former key signed stays proven: both keys sign the change. Give an"
            " auditor who keeps the public key the new one (genba-server audit public-key).",
            _rotate_checkpoints,
        ),
        "site": Known(
            "proves the site to its agents",
            "Every agent must be paired anew; each keeps its queue. Restart the server afterwards.",
            _rotate_site,
        ),
        TOKENS: Known(
            "signs the access tokens of machines and apps",
            "Nothing: tokens of the former key are good until they expire, at most a quarter of an"
            " hour. To void them at once rotate a second time.",
            _rotate_tokens,
        ),
        FACTORS: Known(
            "seals the secrets of authenticator apps",
            "Every authenticator app must be set up anew; passkeys and recovery codes go on.",
            _rotate_factors,
        ),
        "sessions": Known(
            "let browsers, kiosks and apps stay signed in",
            "Everybody is signed out, at once, on every device and in every app.",
            _rotate_sessions,
        ),
    }
)


def list_secrets(settings: Settings) -> int:
    """Print the names of the secrets and what they are for, never the secrets."""
    folder = keys(settings)
    made = folder.names()
    for name, known in KNOWN.items():
        if name in made:
            at = datetime.fromtimestamp(folder.made_at(name), UTC).isoformat(timespec="minutes")
            state = f"since {at}"
        else:
            state = "in the database" if name == "sessions" else "not made yet"
        print(f"{name:14} {state:32} {known.purpose}")
    for name in made:
        if name not in KNOWN and name != FORMER_TOKENS:
            print(f"{name:14} {'':32} not known to this version")
    return 0


async def rotate(settings: Settings, dsn: str, name: str, *, yes: bool) -> int:
    """Put a fresh secret in the place of an old one, after saying what that breaks."""
    known = KNOWN.get(name)
    if known is None:
        raise CommandFailed(f"there is no secret {name}; there are: {', '.join(KNOWN)}")
    print(known.breaks, file=sys.stderr)
    if not yes and not await asyncio.to_thread(_agreed, name):
        raise CommandFailed("nothing was changed; give --yes, or type the name when asked")
    async with database_of(dsn) as (database, journal):
        await known.rotate(settings, database)
        await _tell(database, journal, name)
    print(f"{name}: a fresh one is in place")
    return 0


def _agreed(name: str) -> bool:
    """Ask a terminal; whoever has none must say --yes."""
    if not sys.stdin.isatty():
        return False
    print(f"Type {name} to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == name


async def _tell(database: Database, journal: Journal, name: str) -> None:
    async def work(connection: Connection) -> None:
        await System(journal).note_rotation(connection, ACTOR, name)

    await database.run(work)
