"""A pcscd of one's own, for the tests of the PC/SC driver."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.pcscd import HOW_TO_GET_IT, SOCKET_VARIABLE, Pcscd, VirtualReader, pcscd_available


@pytest.fixture(scope="session")
def pcscd_socket() -> Iterator[Path]:
    """Return where the PC/SC library of this process finds pcscd; it asks once in its life."""
    with tempfile.TemporaryDirectory(prefix="genba-") as home:
        link = Path(home) / "pcscd.comm"
        before = os.environ.get(SOCKET_VARIABLE)
        os.environ[SOCKET_VARIABLE] = str(link)
        yield link
        if before is None:
            del os.environ[SOCKET_VARIABLE]
        else:
            os.environ[SOCKET_VARIABLE] = before


@pytest.fixture
def reader(require: Callable[[str, bool, str], None]) -> Iterator[VirtualReader]:
    """Return a virtual reader with two slots, not yet known to any pcscd."""
    require("pcscd", pcscd_available(), HOW_TO_GET_IT)
    virtual = VirtualReader()
    yield virtual
    virtual.close()


@pytest.fixture
def stopped_pcscd(pcscd_socket: Path, reader: VirtualReader, tmp_path: Path) -> Iterator[Pcscd]:
    """Return a pcscd that knows the reader but does not run yet."""
    pcscd = Pcscd(tmp_path, pcscd_socket, reader)
    yield pcscd
    pcscd.close()


@pytest.fixture
def pcscd(stopped_pcscd: Pcscd) -> Pcscd:
    """Return a running pcscd that knows the reader."""
    stopped_pcscd.start()
    return stopped_pcscd
