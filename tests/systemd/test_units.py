"""The unit files are ones that systemd accepts, and sandboxes that it calls tight."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.components import require

UNITS = Path(__file__).parents[2] / "systemd"
NAMES = ["genba-server.service", "genba-agent.service"]
# systemd-analyze's own scale: 0 is sealed, 10 is open; "OK" ends at 4.9.
EXPOSURE = 30


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    require("systemd-analyze", found is not None, "apt install systemd")
    assert found is not None
    return found


def runnable(name: str, folder: Path) -> Path:
    """Return a copy whose commands exist here; everything else stays as it is."""
    text = (UNITS / name).read_text()
    path = folder / name
    path.write_text(re.sub(r"/opt/genba/\.venv/bin/[\w-]+", "/bin/true", text))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_systemd_accepts_the_unit(analyze: str, name: str, tmp_path: Path) -> None:
    unit = runnable(name, tmp_path)
    done = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if name in line]
    assert (done.returncode, ours) == (0, []), done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_sandbox_is_tight(analyze: str, name: str, tmp_path: Path) -> None:
    unit = runnable(name, tmp_path)
    done = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE}", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr
