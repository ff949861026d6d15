"""Keys are made once, kept for their owner alone, and never half written."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.kernel.secrets import KEY_BYTES, SecretError, Secrets, public_bytes


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    first = Secrets(tmp_path / "keys").random("site")
    assert len(first) == KEY_BYTES
    assert Secrets(tmp_path / "keys").random("site") == first
    assert Secrets(tmp_path / "keys").random("other") != first


def test_a_signing_key_signs_the_same_after_a_restart(tmp_path: Path) -> None:
    one, other = (Secrets(tmp_path).ed25519("site") for _ in range(2))
    assert public_bytes(one) == public_bytes(other)


def test_many_who_begin_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: Secrets(tmp_path / "keys").random("site"), range(32)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["site.key"]


def test_only_the_owner_can_read_a_key(tmp_path: Path) -> None:
    Secrets(tmp_path / "keys").random("site")
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / "site.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_can_read_is_refused_with_what_to_do(tmp_path: Path) -> None:
    Secrets(tmp_path).random("site")
    (tmp_path / "site.key").chmod(0o644)
    with pytest.raises(SecretError, match="chmod 600"):
        Secrets(tmp_path).random("site")


def test_half_a_key_is_refused(tmp_path: Path) -> None:
    Secrets(tmp_path).random("site")
    (tmp_path / "site.key").write_bytes(b"half")
    with pytest.raises(SecretError, match="restore"):
        Secrets(tmp_path).random("site")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SecretError, match=r"state\.folder"):
        Secrets(tmp_path / "file" / "keys").random("site")
