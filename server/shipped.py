"""What is installed with the code: migrations, texts, and files for the browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.kernel.i18n import Catalogues
from server.kernel.migrations import MigrationSource, kernel_migrations
from server.kernel.static import Asset
from server.web_files import web_assets

MODULES = ("people", "accounts", "devices", "loans", "system")
SERVER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a server reads once and any number of them may share."""

    texts: Catalogues
    assets: Mapping[str, Asset]


def read_shipped() -> Shipped:
    """Read all of it. Blocks."""
    texts = catalogues()
    return Shipped(texts, web_assets(module_folders(), texts))


def module_folders() -> list[tuple[str, Path]]:
    """Return the modules' names and folders, in the order of their migrations."""
    return [(name, SERVER / "modules" / name) for name in MODULES]


def migration_sources() -> list[MigrationSource]:
    """Return where all migrations are, the kernel's first."""
    return [
        kernel_migrations(),
        *(MigrationSource(name, folder / "migrations") for name, folder in module_folders()),
    ]


def catalogues() -> Catalogues:
    """Return all texts. Blocks: reads files."""
    folders = [
        SERVER / "kernel" / "locales",
        SERVER / "web" / "locales",
        SERVER / "front_door" / "locales",
    ]
    return Catalogues([*folders, *(folder / "locales" for _, folder in module_folders())])
