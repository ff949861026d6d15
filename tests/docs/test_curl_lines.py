"""The curl lines of docs/api.md do what is said beside them."""

import asyncio
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.api import Api
from support.browser_session import signed_in
from support.oauth import make_client, open_app

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
LINES = re.findall(r"^curl .*?(?=  #|$)", TEXT, re.MULTILINE)


@pytest.fixture
async def curl(
    api: Api, tmp_path: Path, require: Callable[[str, bool, str], None]
) -> Callable[[str], Any]:
    """Return `curl(line)`, which runs the line in an empty home and returns the JSON it prints."""
    require("curl", shutil.which("curl") is not None, "apt install curl")
    url = str(api.client.make_url("")).rstrip("/")

    async def run(line: str) -> Any:
        process = await asyncio.create_subprocess_exec(
            *line.replace("https://genba.local", url).split(),
            "--silent",
            "--show-error",
            "--fail-with-body",
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, f"{line}: {out.decode()} {err.decode()}"
        return msgspec.json.decode(out)

    return run


async def test_a_machine_signs_in_and_asks(
    api: Api, curl: Callable[[str], Any], tmp_path: Path
) -> None:
    get_token, use_token = LINES[:2]
    made = await make_client(api, "viewer")
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {made['client']['id']} password {made['secret']}\n")
    granted = await curl(get_token)
    assert granted.keys() == {"access_token", "expires_in", "token_type"}
    (tmp_path / "token.txt").write_text(f"Authorization: Bearer {granted['access_token']}\n")
    assert (await curl(use_token))["items"] == []


async def test_an_app_refreshes(api: Api, curl: Callable[[str], Any], tmp_path: Path) -> None:
    [line] = LINES[2:]
    granted = await open_app(await signed_in(api, "jiro", "viewer"))
    (tmp_path / "refresh.txt").write_text(granted["refresh_token"])
    assert (await curl(line))["refresh_token"] != granted["refresh_token"]
