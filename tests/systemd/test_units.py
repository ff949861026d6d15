"""The unit files are ones that systemd accepts, and sandboxes that it calls tight."""

import re
import shutil
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from support.components import require

UNITS = Path(__file__).parents[2] / "systemd"
SPEAK_MDNS = ["genba-server.service", "genba-agent.service"]
NAMES = [*SPEAK_MDNS, "genba-audit-forward.service"]
# What agent and server do to be found by mDNS, with the families that are named.
LOOK = """
import sys
from support.address_families import restrict
restrict(sys.argv[1:])
import ifaddr
from zeroconf import IPVersion, Zeroconf
assert any(adapter.ips for adapter in ifaddr.get_adapters())
Zeroconf(ip_version=IPVersion.V4Only).close()
"""
# What systemd.resource-control(5) calls by a name, and nothing on the internet has.
LOCAL = {"localhost", "link-local", "multicast"}
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
def test_nothing_speaks_to_the_internet(name: str) -> None:
    text = (UNITS / name).read_text()
    assert re.findall(r"^IPAddressDeny=(.*)$", text, re.MULTILINE) == ["any"]
    [allowed] = re.findall(r"^IPAddressAllow=(.*)$", text, re.MULTILINE)
    networks = [ip_network(one) for one in allowed.split() if one not in LOCAL]
    assert not [one for one in networks if not one.is_private], allowed


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


def families(name: str) -> list[str]:
    """Return the address families that the unit leaves its process."""
    found = re.search(r"^RestrictAddressFamilies=(.*)$", (UNITS / name).read_text(), re.MULTILINE)
    assert found is not None
    return found[1].split()


def look(*allowed: str) -> subprocess.CompletedProcess[str]:
    """Look for the network's interfaces in a process with these families only."""
    return subprocess.run(
        [sys.executable, "-c", LOOK, *allowed],
        env={"PYTHONPATH": str(UNITS.parent / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", SPEAK_MDNS)
def test_the_sandbox_lets_mdns_find_its_interfaces(name: str) -> None:
    done = look(*families(name))
    assert done.returncode == 0, done.stderr


def test_mdns_needs_netlink() -> None:
    done = look(*(each for each in families("genba-agent.service") if each != "AF_NETLINK"))
    assert "Address family not supported by protocol" in done.stderr
