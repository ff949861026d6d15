"""Run every check and test, fast ones first, and say what to do next."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from scripts import bootstrap  # noqa: E402

ARTIFACTS = REPO / ".artifacts"
# Debian's name of each real component, and the file that shows it is there.
COMPONENTS = {
    "gcc": "/usr/bin/gcc",
    "python3-dev": "/usr/include/python3*/Python.h",
    "libpcsclite-dev": "/usr/include/PCSC/winscard.h",
    "swig": "/usr/bin/swig*",
    "pcscd": "/usr/sbin/pcscd",
    "vsmartcard-vpcd": "/usr/lib/pcsc/drivers/serial/libifdvpcd*",
    "chromium": "/usr/bin/chromium",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "postgresql": "/usr/lib/postgresql/*/bin/postgres",
    "systemd": "/usr/bin/systemd-analyze",
    "nodejs": "/usr/bin/node",
    "npm": "/usr/bin/npm",
    "caddy": "/usr/bin/caddy",
    "iproute2": "/usr/sbin/ip",
}
SOURCES = ("contract", "server", "agent", "scripts", "tests")
# Fast ones first. The groups run side by side: most tests wait for processes and browsers.
GROUPS = {
    "server": ("contract", "server", "config", "docs", "systemd"),
    "agent": ("agent", "scripts", "network", "e2e"),
    "pages": ("kiosk", "web"),
    "faults": ("faults",),
}
SLOW = ("kiosk", "web", "scripts", "network", "e2e", "faults")


@dataclass(frozen=True)
class Step:
    """One check: its name and its command."""

    name: str
    command: list[str]


@dataclass(frozen=True)
class Result:
    """How a check ended."""

    name: str
    passed: bool
    seconds: float


def main() -> int:
    """Install, check, test, summarise; returns 0 if all passed."""
    options = _options()
    ARTIFACTS.mkdir(exist_ok=True)
    if not options.no_install:
        _install_components()
    try:
        python = bootstrap.ensure_environment(REPO, development=True)
    except bootstrap.BootstrapError as error:
        print(f"test: {error}", file=sys.stderr)
        return 2
    results = [_run(step) for step in _checks(python, options)]
    results += _side_by_side(_tests(python, options))
    print("\n── Summary")
    for result in results:
        print(f"  {'passed' if result.passed else 'FAILED'}  {result.name}  {result.seconds:.0f} s")
    failed = [result.name for result in results if not result.passed]
    if failed:
        print(f"\nTo look at one again: ./scripts/test --no-install PATH; logs: {ARTIFACTS}")
        return 1
    print("\nAll is well. Next: ./scripts/demo")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/test", description="Every check and test.")
    parser.add_argument("--fast", action="store_true", help="no browsers, whole sites or faults")
    parser.add_argument("--no-install", action="store_true", help="install no Debian packages")
    parser.add_argument("paths", nargs="*", help="only these tests (a file, a folder, a test)")
    return parser.parse_args()


def _checks(python: Path, options: argparse.Namespace) -> list[Step]:
    if options.paths:
        return []
    bin_dir = python.parent
    steps = [
        Step("ruff", [str(bin_dir / "ruff"), "check", "."]),
        Step("format", [str(bin_dir / "ruff"), "format", "--check", "."]),
        Step("types", [str(bin_dir / "mypy")]),
        Step("imports", [str(bin_dir / "lint-imports")]),
    ]
    if (npm := shutil.which("npm")) is not None:
        steps.append(Step("npm", [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]))
        steps.append(Step("modules", [str(REPO / "node_modules/.bin/tsc"), "-p", str(REPO)]))
    elif os.environ.get("GENBA_TEST_REQUIRE") == "all":
        steps.append(Step("modules (npm is missing)", ["false"]))
    return steps


def _tests(python: Path, options: argparse.Namespace) -> list[Step]:
    pytest = [str(python), "-m", "pytest", "-q", "--durations=5"]
    if options.paths:
        return [Step("tests", [*pytest, *options.paths])]
    return [
        Step(name, [*pytest, "-p", "no:cacheprovider", *folders])
        for name, group in GROUPS.items()
        if (folders := [f"tests/{each}" for each in group if not (options.fast and each in SLOW)])
    ]


def _side_by_side(steps: list[Step]) -> list[Result]:
    """Run the steps at the same time; the first one shows its progress, the others their end."""
    with ThreadPoolExecutor(len(steps)) as pool:
        running = [pool.submit(_run, step, quiet=number > 0) for number, step in enumerate(steps)]
        return [each.result() for each in running]


def _run(step: Step, *, quiet: bool = False) -> Result:
    if not quiet:
        print(f"\n── {step.name}", flush=True)
    began = time.monotonic()
    environment = {**os.environ, "GENBA_ARTIFACTS": str(ARTIFACTS)}
    log = ARTIFACTS / f"{step.name.split()[0]}.log"
    try:
        process = subprocess.Popen(
            step.command,
            cwd=REPO,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        print(error)
        return Result(step.name, False, 0)
    assert process.stdout is not None
    with log.open("wb", buffering=0) as kept:
        while block := process.stdout.read1(65536):  # type: ignore[attr-defined]
            kept.write(block)
            if not quiet:
                sys.stdout.buffer.write(block)
                sys.stdout.flush()
    result = Result(step.name, process.wait() == 0, time.monotonic() - began)
    if quiet:
        print(f"\n── {step.name}\n{log.read_text(errors='replace')}", flush=True)
    return result


def _install_components() -> None:
    missing = [
        package
        for package, pattern in COMPONENTS.items()
        if not list(Path("/").glob(pattern.lstrip("/")))
        and not (package in ("nodejs", "npm", "gcc", "swig") and _on_path(package))
    ]
    if not missing:
        return
    wanted = " ".join(missing)
    prefix = _privilege()
    if prefix is None:
        print(
            f"Missing Debian packages: {wanted}\n  Install them with: sudo apt install {wanted}\n"
            "  Without them the tests of these components are not run.",
            flush=True,
        )
        return
    bootstrap.say(f"Installing Debian packages: {wanted}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*prefix, "apt-get", "update", "-qq"], env=environment, check=False)
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    done = subprocess.run(install, env=environment, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"  apt could not install them:\n{done.stderr[-1500:]}", flush=True)


def _on_path(package: str) -> bool:
    return shutil.which({"nodejs": "node"}.get(package, package)) is not None


def _privilege() -> list[str] | None:
    """Return what to put before apt-get, or None where packages cannot be installed."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return [sudo, "-n"]
    return None


if __name__ == "__main__":
    sys.exit(main())
