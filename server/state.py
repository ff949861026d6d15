"""What lies in the server's own folder, outside the database: keys and checkpoints."""

from pathlib import Path

from server.kernel.checkpointing import Checkpoints
from server.kernel.database import Database
from server.kernel.secrets import Secrets
from server.settings import Settings


def keys(settings: Settings) -> Secrets:
    """Return the server's own keys."""
    return Secrets(Path(settings.state.folder) / "keys")


def checkpointing(settings: Settings, database: Database, secrets: Secrets) -> Checkpoints:
    """Return who signs the journal's checkpoints; nothing is opened."""
    copy = Path(settings.audit.copy_to) if settings.audit.copy_to else None
    folder = Path(settings.state.folder) / "checkpoints"
    months = settings.retention.checkpoint_months
    return Checkpoints(database, secrets, folder, copy, keep_months=months)
