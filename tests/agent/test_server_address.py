"""What people type as a server's address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.server_address import BadAddress, ServerAddress, read_address


@pytest.mark.parametrize(
    ("text", "url", "link"),
    [
        ("genba.local", "https://genba.local", "wss://genba.local/link"),
        (" https://genba.local/ ", "https://genba.local", "wss://genba.local/link"),
        ("genba.local:8443", "https://genba.local:8443", "wss://genba.local:8443/link"),
        ("http://192.168.0.10:8080", "http://192.168.0.10:8080", "ws://192.168.0.10:8080/link"),
        ("localhost:8080", "http://localhost:8080", "ws://localhost:8080/link"),
        ("https://localhost", "https://localhost", "wss://localhost/link"),
        ("localhost.example", "https://localhost.example", "wss://localhost.example/link"),
        ("HTTP://Genba.Local", "http://genba.local", "ws://genba.local/link"),
        ("https://[fe80::1]:8443", "https://[fe80::1]:8443", "wss://[fe80::1]:8443/link"),
    ],
)
def test_an_address_is_understood(text: str, url: str, link: str) -> None:
    address = read_address(text)
    assert (address.url, address.link_url) == (url, link)
    assert read_address(address.url) == address


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("genba.local", True),
        ("https://192.168.0.10", True),
        ("http://192.168.0.10", False),
        ("http://genba.local:8080", False),
        ("http://127.0.0.1.example", False),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:8080", True),
    ],
)
def test_only_tls_and_this_machine_are_private(text: str, private: bool) -> None:
    assert read_address(text).private is private


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "ftp://genba.local",
        "file:///etc/passwd",
        "https://user:word@genba.local",
        "https://genba.local/admin",
        "https://genba.local?x=1",
        "https://genba.local:99999",
        "https://本社.local",
        "https://[::1",
        "a b.local",
        "genba.local\nHost: other",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        read_address(text)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = read_address(text)
    except BadAddress:
        return
    assert isinstance(address, ServerAddress)
    assert not set(address.name) & set(" /\\@#?\r\n\t")
