"""A new site from `./scripts/demo --fresh`: its admin and first kiosk, by whoever read nothing.

The run is recorded: `playwright show-trace .artifacts/first-run/admin-ja.zip`.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from support.browser import ARTIFACTS, Window, shoot

REPO = Path(__file__).parents[2]
WORDS = {
    "ja": {
        "site": "現場の名前",
        "you": "あなたの名前",
        "login": "ログイン名",
        "password": "パスワード",
        "begin": "始める",
        "connect_kiosk": re.compile("端末をつなぐ"),
        "add": "端末を追加",
        "code": "端末に出ているコード",
        "name": "名前",
        "tap": re.compile("かざし"),
    },
    "en": {
        "site": "Name of the site",
        "you": "Your name",
        "login": "Login name",
        "password": "Password",
        "begin": "Begin",
        "connect_kiosk": re.compile("Connect a kiosk", re.IGNORECASE),
        "add": "Add kiosk",
        "code": "Code on the kiosk’s screen",
        "name": "Name",
        "tap": re.compile("card", re.IGNORECASE),
    },
}


@pytest.fixture
def demo() -> Iterator[dict[str, str]]:
    """A fresh demo; the addresses that it prints."""
    folder = Path(tempfile.mkdtemp(prefix="genba-first-run-"))
    folder.chmod(0o711)
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    arguments = [f"--port={ports[0]}", f"--agent-port={ports[1]}", f"--data={folder / 'data'}"]
    process = subprocess.Popen(
        [str(REPO / "scripts" / "demo"), "--no-browser", "--fresh", *arguments],
        env={**os.environ, "GENBA_PYTHON": sys.executable},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: dict[str, str] = {}
    everything: list[str] = []
    assert process.stdout is not None
    try:
        for line in process.stdout:
            everything.append(line)
            if found := re.match(r"\s+(Kiosk|Admin)\s+(http\S+)", line):
                said[found[1]] = found[2]
            if "Ready." in line:
                break
        assert len(said) == 2, "".join(everything)
        yield said
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        shutil.rmtree(folder)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_site_admin_and_kiosk_are_set_up_without_reading(
    window: Window, demo: dict[str, str], language: str
) -> None:
    words = WORDS[language]
    began = time.monotonic()
    admin, kiosk = await window.page("desktop", language), await window.page("kiosk", language)
    for page in (admin, kiosk):
        await page.context.tracing.start(screenshots=True, snapshots=True)
    await kiosk.goto(demo["Kiosk"])
    await admin.goto(demo["Admin"])
    await admin.get_by_label(words["site"]).fill("みなと精機 第一工場")
    await admin.get_by_label(words["you"]).fill("佐藤 花子")
    await admin.get_by_label(words["login"]).fill("hanako")
    await admin.locator("input[type=password]").fill("つくえの上の青いノギス 5 本")
    await admin.get_by_role("button", name=words["begin"]).click()
    await admin.get_by_role("link", name=words["connect_kiosk"]).click()
    await shoot(kiosk, f"first-run-kiosk-{language}")
    # The demo's kiosk knows one site; a press asks it.
    await kiosk.get_by_role("button", name=re.compile("127.0.0.1|Genba|現場|みなと")).first.click()
    letters = kiosk.locator(".k-pair-code")
    await expect(letters).to_have_text(re.compile(r"^[A-Z]{4}-[A-Z]{4}$"))
    await admin.get_by_role("button", name=words["add"]).first.click()
    dialog = admin.get_by_role("dialog")
    await dialog.get_by_label(words["code"]).fill(await letters.inner_text())
    await dialog.get_by_label(words["name"]).fill("工具室カウンター")
    await dialog.get_by_role("button", name=words["add"]).click()
    await expect(admin.get_by_role("heading", name="工具室カウンター")).to_be_visible()
    await expect(kiosk.get_by_text(words["tap"]).first).to_be_visible()
    await shoot(kiosk, f"first-run-ready-{language}")
    await shoot(admin, f"first-run-admin-{language}")
    for name, page in (("admin", admin), ("kiosk", kiosk)):
        await page.context.tracing.stop(path=ARTIFACTS / "first-run" / f"{name}-{language}.zip")
    print(f"{language}: {time.monotonic() - began:.1f} s from the first page to a kiosk that works")
