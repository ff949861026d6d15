"""The server's secrets: replaced by a command, and never told to logs, lists and errors."""

import asyncio
import base64
import re
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest

from server.kernel.checkpoint_files import raw_lines
from server.kernel.database import connect
from support.command_line import REPO, genba, surroundings

PASSWORD = "秘密の合言葉 1234"


def environment(dsn: str, folder: Path) -> dict[str, str]:
    file = folder / "dsn"
    file.write_text(dsn)
    file.chmod(0o600)
    return {
        "GENBA_SERVER__DATABASE__DSN_FILE": str(file),
        "GENBA_SERVER__STATE__FOLDER": str(folder / "state"),
    }


async def test_secrets_are_listed_by_name_and_rotated_by_name(
    database_url: str, tmp_path: Path
) -> None:
    where = environment(database_url, tmp_path)
    old = (await genba("audit", "public-key", **where)).out.strip()
    listed = await genba("secrets", "list", **where)
    assert listed.code == 0
    assert re.search(r"^checkpoints +since \d{4}-", listed.out, re.MULTILINE)
    assert "site           not made yet" in listed.out

    refused = await genba("secrets", "rotate", "checkpoints", **where)
    assert refused.code == 1
    assert "stays proven" in refused.err
    assert "nothing was changed" in refused.err
    await genba("audit", "checkpoint", **where)
    rotated = await genba("secrets", "rotate", "checkpoints", "--yes", **where)
    assert rotated.code == 0, rotated.err
    new = (await genba("audit", "public-key", **where)).out.strip()
    assert new != old
    for key in (old, new):
        assert (await genba("audit", "verify", "--public-key", key, **where)).code == 0
    assert len(list(raw_lines(tmp_path / "state" / "checkpoints"))) == 2
    async with connect(database_url) as connection:
        assert (
            await connection.fetchval(
                "select subject from journal.entry where kind = 'system.secret_rotated'"
            )
            == "checkpoints"
        )


async def test_with_a_fresh_key_authenticator_apps_are_set_up_anew(
    database_url: str, tmp_path: Path
) -> None:
    async with connect(database_url) as connection:
        await connection.execute(
            "insert into accounts.account (id, login, name) values (gen_random_uuid(), 'a', 'a')"
        )
        await connection.execute(
            "insert into accounts.totp (account, sealed) select id, 'x' from accounts.account"
        )
        where = environment(database_url, tmp_path)
        rotated = await genba("secrets", "rotate", "second-factor", "--yes", **where)
        assert rotated.code == 0, rotated.err
        assert "set up anew" in rotated.err
        assert await connection.fetchval("select count(*) from accounts.totp") == 0
    assert (tmp_path / "state" / "keys" / "second-factor.key").stat().st_mode & 0o777 == 0o600


async def test_a_secret_that_is_none_is_refused_with_those_that_are(
    database_url: str, tmp_path: Path
) -> None:
    ended = await genba("secrets", "rotate", "sit", "--yes", **environment(database_url, tmp_path))
    assert ended.code == 1
    assert "checkpoints, site, tokens, second-factor, sessions" in ended.err


@pytest.mark.timeout(180)
async def test_no_secret_is_told_in_a_whole_run(database_url: str, tmp_path: Path) -> None:
    """Everything known is looked for in the log, the process list, answers and `settings`."""
    password = urlsplit(database_url).password
    assert password
    where = environment(database_url, tmp_path) | {
        "GENBA_SERVER__HTTP__PORT": "0",
        "GENBA_SERVER__LOG__LEVEL": "debug",
    }
    told: list[str] = []
    secrets = {password, PASSWORD}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "serve",
        cwd=REPO, env=surroundings(where),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stdout is not None
    try:
        lines: list[bytes] = []
        async with asyncio.timeout(60):
            while not lines or b'"serving"' not in lines[-1]:
                lines.append(await process.stderr.readline())
                assert lines[-1], b"".join(lines).decode()
            line = lines[-1]
            address = msgspec.json.decode(line)["address"]
            offer = b""
            while b"#setup=" not in offer:
                offer = await process.stdout.readline()
                assert offer, "the setup link was not printed"
        code = offer.decode().partition("#setup=")[2].strip()
        secrets.add(code)
        told.append(Path(f"/proc/{process.pid}/cmdline").read_text())
        token = (await genba("token", "x", **where)).out.strip()
        enrolment = (await genba("enrol", "工具室", **where)).out.strip()
        secrets |= {token, enrolment}
        told += await visit(address, code, token, secrets)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            lines.append(await process.stderr.read())
            await process.wait()
        told.append(b"".join(lines).decode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    for arguments in (["settings"], ["secrets", "list"], ["audit", "verify"]):
        ended = await genba(*arguments, **where)
        told += [ended.out, ended.err]
    away = {**where, "GENBA_SERVER__DATABASE__DSN_FILE": ""}
    away["GENBA_SERVER__DATABASE__DSN"] = f"postgresql://u:{password}@127.0.0.1:1/x"
    for arguments in (["settings"], ["migrate"], ["token", "y"]):
        ended = await genba(*arguments, **away)
        told += [ended.out, ended.err]
    for path in (tmp_path / "state" / "keys").glob("*.key"):
        key = path.read_bytes()
        secrets |= {key.hex(), base64.b64encode(key).decode().rstrip("=")}
    assert len(secrets) >= 19
    for secret in secrets:
        for text in told:
            assert secret not in text, f"{secret[:4]}... is told: {text[:200]}"


async def visit(address: str, code: str, token: str, secrets: set[str]) -> list[str]:
    """Set the site up, sign in rightly and wrongly, fail in every way; return what was answered."""
    told: list[str] = []
    page = {"Origin": address}

    async with aiohttp.ClientSession(address, cookie_jar=aiohttp.DummyCookieJar()) as client:

        async def ask(method: str, path: str, **options: object) -> aiohttp.ClientResponse:
            async with client.request(method, path, **options) as answer:  # type: ignore[arg-type]
                told.append(await answer.text())
                return answer

        wanted = {
            "code": code, "site": "港", "zone": "Asia/Tokyo", "language": "ja",
            "name": "花子", "login": "hanako", "password": PASSWORD,
        }  # fmt: skip
        for _ in range(2):  # the second time the code is used up
            answer = await ask("POST", "/api/v1/session/set-up", json=wanted, headers=page)
            if "genba_session" in answer.cookies:
                secrets.add(answer.cookies["genba_session"].value)
        for password in (PASSWORD, f"{PASSWORD}!"):
            body = {"login": "hanako", "password": password}
            secrets.add(password)
            answer = await ask("POST", "/api/v1/session", json=body, headers=page)
            if "genba_session" in answer.cookies:
                secrets.add(answer.cookies["genba_session"].value)
                cookie = f"genba_session={answer.cookies['genba_session'].value}"
        own, mine = "/api/v1/session/second-factor", page | {"Cookie": cookie}
        async with client.post(f"{own}/totp", headers=mine) as shown:  # the one answer that tells
            secrets.add((await shown.json())["secret"])
        async with client.post(f"{own}/recovery-codes", headers=mine) as shown:
            secrets |= set((await shown.json())["codes"])
        await ask("POST", f"{own}/totp/confirm", json={"code": "000000"}, headers=mine)
        await ask("GET", own, headers=mine)
        bearer = {"Authorization": f"Bearer {token}"}
        await ask("GET", "/api/v1/people", headers=bearer)
        await ask("GET", f"/api/v1/people?search={token}", headers=bearer)
        await ask("GET", f"/api/v1/{token}", headers=bearer)
        await ask("GET", "/api/v1/people", headers={"Authorization": f"Bearer {token}x"})
        await ask("POST", "/api/v1/people", data=b"{", headers=bearer)
        await ask("GET", "/api/system/health", headers=bearer)
        await ask("GET", "/api/v1/audit", headers=bearer)
    return told
