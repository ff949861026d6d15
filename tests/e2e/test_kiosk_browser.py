"""The kiosk's browser trusts the site's authority once it was told to, as docs/agent.md says."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from playwright.async_api import Error, async_playwright

from agent.identity import store_identity
from support.browser import CHROMIUM
from support.certificates import authority
from support.link_server import identity_here
from support.site import Site
from support.tls_front import tls_front

TRUST = "mkdir -p $HOME/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n genba -i {ca}"


async def shown(url: str, home: Path) -> str:
    """Open the address in a Chromium of this home and return its title, or why it was refused."""
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=flags, env={**os.environ, "HOME": str(home)}
        )
        try:
            page = await browser.new_page()
            await page.goto(url)
            return await page.title()
        except Error as refused:
            return refused.message
        finally:
            await browser.close()


async def said(*command: str, **environment: str) -> tuple[int, bytes]:
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out


async def test_the_pinned_ca_makes_the_browser_open_the_site(
    site: Site, tmp_path: Path, require: Callable[[str, bool, str], None]
) -> None:
    require("Chromium", Path(CHROMIUM).exists(), "apt install chromium")
    require("certutil", shutil.which("certutil") is not None, "apt install libnss3-tools")
    ours, data, home = authority(), tmp_path / "agent", tmp_path / "home"
    data.mkdir()
    home.mkdir()
    where = {"GENBA_AGENT__DATA__DIR": str(data)}
    assert await said(sys.executable, "-m", "agent", "site-ca", **where) == (1, b"")
    store_identity(data, msgspec.structs.replace(identity_here(), ca=ours.pem))
    code, pem = await said(sys.executable, "-m", "agent", "site-ca", **where)
    assert (code, pem.decode()) == (0, ours.pem)
    file = tmp_path / "site-ca.pem"
    file.write_bytes(pem)
    async with tls_front(ours.context(tmp_path, "localhost"), site.port) as port:
        assert "ERR_CERT_AUTHORITY_INVALID" in await shown(f"https://localhost:{port}/", home)
        await said("sh", "-c", TRUST.format(ca=file), HOME=str(home))
        assert "Genba" in await shown(f"https://localhost:{port}/", home)
