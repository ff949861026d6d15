"""genba-server as somebody types it."""

import asyncio
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.__main__ import main
from server.kernel.database import Database
from server.kernel.sealer import Sealer
from support.command_line import REPO, genba, surroundings


async def test_a_token_is_printed_alone_and_opens_the_api(database_url: str) -> None:
    ended = await genba("token", "佐藤", GENBA_SERVER__DATABASE__DSN=database_url)
    assert ended.code == 0
    [token] = ended.out.splitlines()
    assert token.startswith("genba_")
    assert token not in ended.err


async def test_an_enrolment_token_is_printed_alone_and_a_taken_name_is_refused(
    database_url: str,
) -> None:
    environment = {"GENBA_SERVER__DATABASE__DSN": database_url}
    ended = await genba("enrol", "工具室", "--place", "1F", **environment)
    assert ended.code == 0
    assert len(ended.out.splitlines()) == 1


async def test_an_unmigrated_database_is_named_as_the_reason(empty_database_url: str) -> None:
    environment = {"GENBA_SERVER__DATABASE__DSN": empty_database_url}
    for command in (["serve"], ["token", "x"]):
        ended = await genba(*command, **environment)
        assert ended.code == 1
        assert "genba-server migrate" in ended.err
        assert "Traceback" not in ended.err


async def test_migrate_says_what_it_did_and_a_dry_run_leaves_no_trace(
    empty_database_url: str,
) -> None:
    environment = {"GENBA_SERVER__DATABASE__DSN": empty_database_url}
    dry = await genba("migrate", "--dry-run", **environment)
    assert dry.code == 0
    assert "would be applied" in dry.out
    real = await genba("migrate", **environment)
    assert "people/0001_people" in real.out
    again = await genba("migrate", **environment)
    assert again.out == "0 migrations applied\n"


async def test_the_journal_is_followed_from_where_it_was_left(
    database_url: str, tmp_path: Path
) -> None:
    kept = tmp_path / "position"
    environment = {"GENBA_SERVER__DATABASE__DSN": database_url}
    await genba("token", "one", **environment)
    async with sealing(database_url):
        [first] = await followed(1, kept, environment)
        assert (first["kind"], first["position"]) == ("system.token_created", 1)
        await genba("token", "two", **environment)
        await genba("token", "three", **environment)
        again = await followed(2, kept, environment)
        assert [entry["position"] for entry in again] == [2, 3]
        kept.write_text("01a1f732-e9bf-7000-8e89-c103f3a211b6 7\n")  # of another database
        assert [entry["position"] for entry in await followed(3, kept, environment)] == [1, 2, 3]


@asynccontextmanager
async def sealing(dsn: str) -> AsyncIterator[None]:
    """Give entries their places meanwhile, as the server does."""
    async with Database.open(dsn, max_size=2) as database:
        task = asyncio.create_task(Sealer(database).run())
        try:
            yield
        finally:
            task.cancel()


async def followed(count: int, kept: Path, environment: dict[str, str]) -> list[dict[str, Any]]:
    """Return the next entries that `audit follow` writes; it is ended once it kept its place."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "audit", "follow", "--position", str(kept)),
        cwd=REPO,
        env=surroundings(environment),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            lines = [await process.stdout.readline() for _ in range(count)]
            entries: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
            while not kept.exists() or kept.read_text().split()[-1] != str(entries[-1]["position"]):
                await asyncio.sleep(0.02)
    finally:
        process.terminate()
        await process.wait()
    return entries


async def test_the_journal_is_verified(database_url: str, tmp_path: Path) -> None:
    environment = {
        "GENBA_SERVER__DATABASE__DSN": database_url,
        "GENBA_SERVER__STATE__FOLDER": str(tmp_path),
    }
    ended = await genba("journal", "verify", **environment)
    assert ended.code == 0
    assert "0 faults" in ended.out
    assert (await genba("audit", "checkpoint", **environment)).out.startswith("checkpoint 1: ")
    assert "the newest" in (await genba("audit", "checkpoint", **environment)).out
    key = (await genba("audit", "public-key", **environment)).out.strip()
    folder = str(tmp_path / "checkpoints")
    sound = await genba(
        "audit", "verify", "--checkpoints", folder, "--public-key", key, **environment
    )
    assert sound.code == 0
    assert "1 checkpoints checked" in sound.out
    stranger = "ab" * 32
    refused = await genba("audit", "verify", "--public-key", stranger, **environment)
    assert refused.code == 1
    assert "vouches" in refused.out
    [path] = (tmp_path / "checkpoints").glob("*.jsonl")
    path.write_text(path.read_text().replace('"position":0', '"position":9'))
    forged = await genba("audit", "verify", **environment)
    assert forged.code == 1
    assert f"checkpoints/{path.name} line 1: the checkpoint was edited" in forged.out


async def test_a_key_or_folder_that_is_none_is_said_in_plain_words(database_url: str) -> None:
    dsn = {"GENBA_SERVER__DATABASE__DSN": database_url}
    for wrong in (["--public-key", "xyz"], ["--checkpoints", "/nowhere"]):
        ended = await genba("audit", "verify", *wrong, **dsn)
        assert ended.code == 1
        assert wrong[0] in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "variable", "message"),
    [
        (["token", "x"], {"GENBA_SERVER__HTTP__PROT": "1"}, "did you mean port"),
        (["token", "x"], {"GENBA_SERVER__DATABASE__DSN": "db.example.jp"}, "must begin with"),
        (["settings", "--config", "/nothing.toml"], {}, ""),
    ],
)
def test_a_wrong_setting_ends_with_exit_code_2(
    arguments: list[str],
    variable: dict[str, str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("GENBA_SERVER__DATABASE__DSN", raising=False)
    for name, text in variable.items():
        monkeypatch.setenv(name, text)
    try:
        code = main(arguments)
    except SystemExit as error:
        code = int(str(error.code))
    assert code == 2
    assert message in capsys.readouterr().err


async def test_a_database_that_is_away_is_said_in_plain_words() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dsn = f"postgresql://genba@127.0.0.1:{closed.getsockname()[1]}/genba"
        ended = await genba("token", "x", GENBA_SERVER__DATABASE__DSN=dsn)
    assert ended.code == 1
    assert "the database cannot be reached" in ended.err
    assert "Traceback" not in ended.err


async def test_it_tells_systemd_when_it_is_ready_and_ends_at_sigterm(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.setblocking(False)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            "serve",
            cwd=REPO,
            env=surroundings(
                {
                    "GENBA_SERVER__DATABASE__DSN": database_url,
                    "GENBA_SERVER__HTTP__PORT": "0",
                    "NOTIFY_SOCKET": str(path),
                    "WATCHDOG_USEC": "300000",
                }
            ),
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        try:
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(30):
                told = set()
                while not {b"READY=1", b"WATCHDOG=1"} <= told:
                    told.add(await loop.sock_recv(systemd, 100))
                line = msgspec.json.decode(await process.stderr.readline())
            health = await asyncio.to_thread(_read, f"{line['address']}/api/system/health")
            assert b'"status"' in health
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(5):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_a_busy_port_is_named(database_url: str) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        ended = await genba(
            "serve",
            GENBA_SERVER__DATABASE__DSN=database_url,
            GENBA_SERVER__HTTP__PORT=str(busy.getsockname()[1]),
        )
    assert ended.code == 1
    assert "http.port" in ended.err
    assert "Traceback" not in ended.err


def _read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return bytes(answer.read())
