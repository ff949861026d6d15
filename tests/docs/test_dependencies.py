"""Each dependency has its line of reason, and each line its dependency."""

import json
import re
import tomllib
from pathlib import Path

REPO = Path(__file__).parents[2]
DOCUMENT = (REPO / "docs" / "dependencies.md").read_text()
FROM_DEBIAN = {
    "postgresql",
    "pcscd",
    "vsmartcard-vpcd",
    "chromium",
    "fonts-noto-cjk",
    "caddy",
    "iproute2",
}


def declared() -> set[str]:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + [
        line for extra in project["optional-dependencies"].values() for line in extra
    ]
    vendored = json.loads((REPO / "kiosk" / "vendor" / "vendor.json").read_text())["packages"]
    return {line.split("==")[0] for line in lines} | {each["name"] for each in vendored}


def test_each_dependency_has_a_reason_and_each_reason_a_dependency() -> None:
    explained = set(re.findall(r"^\| ([@\w./-]+) \| .{15,} \|$", DOCUMENT, re.MULTILINE))
    assert explained - FROM_DEBIAN - {"typescript"} == declared()


def test_every_python_dependency_is_pinned_exactly() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    for line in project["dependencies"]:
        assert "==" in line, line
    for extra in project["optional-dependencies"].values():
        for line in extra:
            assert "==" in line, line


def test_lock_files_carry_hashes_and_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-readers.lock"):
        text = (REPO / name).read_text()
        assert "://" not in text
        packages = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==", text, re.MULTILINE)
        assert len(packages) <= text.count("--hash=sha256:")
    assert "resolved" not in (REPO / "package-lock.json").read_text()
