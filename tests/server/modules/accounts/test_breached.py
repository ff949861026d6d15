"""A site's own list of breached passwords, in the form in which the big one is had."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.settings_file import SettingsError
from server.modules.accounts.breached import BreachedPasswords
from server.settings import AccountSettings, Settings, breached_file
from support.api import open_api
from support.browser_session import set_up


def digest(password: str) -> str:
    return hashlib.sha1(password.encode()).hexdigest().upper()


def write(path: Path, passwords: list[str], end: str = "\r\n") -> Path:
    """Write a file as Have I Been Pwned has it, counts of different lengths included."""
    lines = sorted(f"{digest(one)}:{len(one) ** 5}" for one in passwords)
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


@given(st.sets(st.text(min_size=1), max_size=60), st.text(min_size=1))
def test_it_finds_what_is_in_the_file_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, passwords: set[str], other: str
) -> None:
    file = write(tmp_path_factory.mktemp("breached") / "sha1.txt", sorted(passwords))
    breached = BreachedPasswords(file)
    assert all(breached.have(password) for password in passwords)
    if other not in passwords:
        assert breached.have(other) == BreachedPasswords().have(other)


def test_a_last_line_without_an_end_is_found(tmp_path: Path) -> None:
    file = write(tmp_path / "sha1.txt", ["青いノギス", "赤いノギス", "白いノギス"], end="\n")
    file.write_bytes(file.read_bytes().rstrip())
    assert all(BreachedPasswords(file).have(f"{colour}いノギス") for colour in "青赤白")


async def test_a_password_of_the_sites_own_list_is_refused(
    tmp_path: Path, database_url: str
) -> None:
    password = "むかし漏れた合言葉 1"
    file = write(tmp_path / "sha1.txt", [password, "ほかの合言葉"])
    settings = Settings(accounts=AccountSettings(breached_passwords=str(file)))
    async with open_api(database_url, settings) as api:
        with pytest.raises(AssertionError, match="password_leaked"):
            await set_up(api, password=password)
        await set_up(api)


@pytest.mark.parametrize("content", [None, b"password1\n", b""])
def test_a_file_that_is_no_list_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "sha1.txt"
    if content is not None:
        file.write_bytes(content)
    settings = Settings(accounts=AccountSettings(breached_passwords=str(file)))
    with pytest.raises(SettingsError, match="breached_passwords"):
        breached_file(settings)
