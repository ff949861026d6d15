"""The agent's key is made here, kept for its owner only, and replaced whole."""

import stat
from pathlib import Path

from agent.identity import (
    IDENTITY_FILE,
    Identity,
    is_signed,
    load_identity,
    new_private_key,
    public_key,
    sign,
    store_identity,
)
from contract.ids import AgentId

MINE = Identity(AgentId("agent-1"), "門番", b"p" * 32, b"s" * 32, "PEM", "https://genba.local")


def test_the_key_is_stored_for_its_owner_only_and_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store_identity(folder, Identity(AgentId("old"), "old", b"o" * 32, b"s" * 32))
    store_identity(folder, MINE)
    assert load_identity(folder) == MINE
    assert stat.S_IMODE((folder / IDENTITY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == [IDENTITY_FILE]


def test_no_key_or_a_broken_or_older_one_is_no_identity(tmp_path: Path) -> None:
    assert load_identity(tmp_path) is None
    for text in ("{", '{"agent":"a","name":"n","key":"bearer"}'):
        (tmp_path / IDENTITY_FILE).write_text(text)
        assert load_identity(tmp_path) is None


def test_the_private_key_is_in_no_repr() -> None:
    assert repr(MINE) == "Identity('agent-1', '門番')"


def test_a_signature_is_of_one_claim_by_one_key() -> None:
    key, other = new_private_key(), new_private_key()
    signature = sign(key, b"claim")
    assert is_signed(b"claim", signature, public_key(key))
    assert not is_signed(b"claim", signature, public_key(other))
    assert not is_signed(b"other", signature, public_key(key))
    assert not is_signed(b"claim", b"", public_key(key))
    assert not is_signed(b"claim", signature, b"no key")
