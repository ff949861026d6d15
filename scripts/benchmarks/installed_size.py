"""What an agent takes on disk: its own folders, and the libraries that pyproject.toml names."""

import tomllib
from importlib.metadata import distribution
from pathlib import Path

from scripts.benchmarks.figures import Figure, spread

REPO = Path(__file__).resolve().parents[2]
FOLDERS = ("agent", "contract", "kiosk")
MEGABYTE = 1e6


def figure() -> Figure:
    """Return the size of an agent without card reader libraries, in MB. Bytecode does not count."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["agent"]]
    libraries = sum(_library_bytes(line.split("==")[0]) for line in wanted)
    ours = sum(
        file.stat().st_size
        for folder in FOLDERS
        for file in (REPO / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )
    return Figure(
        "resources.agent.installed",
        f"{', '.join(FOLDERS)} and their libraries on disk",
        "MB",
        spread([(ours + libraries) / MEGABYTE]),
        note=f"ours {ours / MEGABYTE:.1f} MB, {', '.join(wanted)} {libraries / MEGABYTE:.1f} MB;"
        " Python itself and reader libraries apart",
    )


def _library_bytes(name: str) -> int:
    files = distribution(name).files or []
    return sum(
        Path(str(file.locate())).stat().st_size
        for file in files
        if "__pycache__" not in file.parts and Path(str(file.locate())).is_file()
    )
