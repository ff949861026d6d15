"""Forwarding headers are believed of the front door and of nobody else."""

from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from server.kernel.caller import BEHIND_FRONT_DOOR, Caller, caller_of

FORWARDED = {
    "Host": "genba.local",
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "genba.local",
}
DIRECT = Caller("127.0.0.1", "http", "genba.local", local=True)


def request(peer: str, *, front_door: bool = True, **headers: str) -> web.Request:
    application = web.Application()
    application[BEHIND_FRONT_DOOR] = front_door
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (
        (peer, 40_000) if name == "peername" else default
    )
    sent = FORWARDED | {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", sent, app=application, transport=transport)


def test_the_front_door_is_believed() -> None:
    expected = Caller("192.0.2.7", "https", "genba.local")
    assert caller_of(request("127.0.0.1")) == expected
    assert caller_of(request("::1")) == expected


def test_another_host_is_not_believed() -> None:
    assert caller_of(request("192.0.2.66")) == Caller("192.0.2.66", "http", "genba.local")


def test_nobody_is_believed_where_there_is_no_front_door() -> None:
    assert caller_of(request("127.0.0.1", front_door=False)) == DIRECT


def test_of_several_addresses_the_last_is_the_one_that_our_proxy_saw() -> None:
    assert caller_of(request("::1", X_Forwarded_For="203.0.113.9, 192.0.2.7")).address == (
        "192.0.2.7"
    )


@pytest.mark.parametrize("wrong", ["", "unknown", "192.0.2.7:80", "<script>", "1.2.3"])
def test_an_address_that_is_none_is_not_believed(wrong: str) -> None:
    assert caller_of(request("127.0.0.1", X_Forwarded_For=wrong)) == DIRECT


def test_a_scheme_that_is_none_is_not_believed() -> None:
    assert caller_of(request("127.0.0.1", X_Forwarded_Proto="gopher")) == DIRECT


def test_the_origin_is_what_a_browser_sends() -> None:
    assert caller_of(request("127.0.0.1")).origin == "https://genba.local"
