"""What the command line does with the journal: verify it, and let an auditor do so elsewhere."""

import sys
from collections.abc import Sequence
from pathlib import Path

from server.commands import CommandFailed, database_of
from server.kernel.checkpoint import key_of
from server.kernel.checkpoint_verify import FilesReport, verify_checkpoints
from server.kernel.checkpointing import KEY
from server.kernel.journal_faults import Faults
from server.kernel.journal_verify import verify as verify_chain
from server.settings import Settings
from server.state import checkpointing, keys

KEY_DIGITS = 64


async def verify(
    settings: Settings, dsn: str, folders: Sequence[Path] | None, public_key: str | None
) -> int:
    """Check the chain and the checkpoints; exit code 1 if either was tampered with.

    Without `folders` and `public_key`, those of this server.
    """
    if public_key is not None and not _is_key(public_key):
        raise CommandFailed(f"--public-key must have {KEY_DIGITS} hexadecimal digits")
    for folder in folders or ():
        if not folder.is_dir():
            raise CommandFailed(f"--checkpoints: there is no folder {folder}")
    async with database_of(dsn) as (database, _):
        own = checkpointing(settings, database, keys(settings))
        trusted = public_key or key_of(keys(settings).ed25519(KEY))
        async with database.connection() as connection:
            report = await verify_chain(connection, progress=_show_progress)
            faults = Faults()
            faults.kept, faults.count = list(report.faults), report.fault_count
            files = await verify_checkpoints(
                connection,
                folders or own.folders,
                trusted.lower(),
                faults,
                kept_since=own.kept_since,
            )
    for fault in faults.kept:
        print(fault)
    if faults.count > len(faults.kept):
        print(f"... and {faults.count - len(faults.kept)} more")
    print(f"{report.checked} entries checked, {faults.count} faults")
    if report.redacted:
        print(f"{report.redacted} of them redacted, each as a later entry says")
    print(f"end: position {report.end.position}, hash {report.end.hash.hex()}")
    _tell_checkpoints(files, trusted)
    return 1 if faults.count else 0


def _tell_checkpoints(files: FilesReport, trusted: str) -> None:
    if files.newest is None:
        print("no checkpoints: an end that was cut off cannot be found")
        return
    print(
        f"{files.checked} checkpoints checked by key {trusted};"
        f" the newest of {files.newest.at} at position {files.newest.position}"
    )
    if files.abandoned:
        print(
            f"{files.abandoned} of them tell of a history that ended when an older copy of the"
            " database was restored: ask who did that"
        )


async def _show_progress(position: int, last: int) -> None:
    """Tell a terminal how far it is; a pipe gets the result only."""
    if sys.stderr.isatty():
        end = "\n" if position == last else ""
        print(f"\r{position} of {last} entries", end=end, file=sys.stderr, flush=True)


def public_key(settings: Settings) -> int:
    """Print the key with which the checkpoints are checked."""
    print(key_of(keys(settings).ed25519(KEY)))
    return 0


async def checkpoint(settings: Settings, dsn: str) -> int:
    """Write a checkpoint now, if the journal has moved since the last one."""
    async with database_of(dsn) as (database, _):
        checkpoints = checkpointing(settings, database, keys(settings))
        try:
            written = await checkpoints.write()
        except OSError as error:
            raise CommandFailed(f"cannot write a checkpoint: {error}") from error
    if written is None:
        print("the newest checkpoint says all there is")
    else:
        print(f"checkpoint {written.number}: position {written.position}, hash {written.hash}")
    return 0


def _is_key(text: str) -> bool:
    try:
        return len(text) == KEY_DIGITS and len(bytes.fromhex(text)) * 2 == KEY_DIGITS
    except ValueError:
        return False
