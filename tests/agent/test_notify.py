"""Telling systemd: a real datagram socket, and silence where there is none."""

import os
import socket
from pathlib import Path

import pytest

from agent.notify import Notifier


@pytest.mark.parametrize("abstract", [False, True])
def test_states_reach_the_notify_socket(tmp_path: Path, abstract: bool) -> None:
    name = f"@genba-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name[1:]}" if abstract else name)
        Notifier({"NOTIFY_SOCKET": name}).send("READY=1")
        assert systemd.recv(100) == b"READY=1"


def test_without_systemd_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).send("READY=1")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).send("READY=1")


def test_the_watchdogs_time_is_taken_where_it_is_meant_for_this_process() -> None:
    assert Notifier({"WATCHDOG_USEC": "30000000"}).watchdog_seconds == 30
    assert Notifier({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}).watchdog_seconds is None
    assert Notifier({}).watchdog_seconds is None
