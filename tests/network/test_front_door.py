"""The site from another host: its doors, its certificate, and nothing else."""

import errno
import socket
import ssl
import subprocess

import pytest

from support.caddy import trusting
from support.far_site import NAME, FarSite
from support.namespaces import Host

SECONDS = 10


def ask(address: str, port: int, context: ssl.SSLContext | None, path: str) -> tuple[int, bytes]:
    """Send one GET for the site, by HTTPS if there is a context; return status and body."""
    connection = socket.create_connection((address, port), timeout=SECONDS)
    with connection:
        stream = context.wrap_socket(connection, server_hostname=NAME) if context else connection
        with stream:
            request = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"
            stream.sendall(request.encode())
            with stream.makefile("rb") as answer:
                whole = answer.read()
    head, _, body = whole.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def open_ports(address: str) -> list[int]:
    """Return the TCP ports that answer, of all there are."""
    found: list[int] = []
    for port in range(1, 65_536):
        with socket.socket() as probe:
            probe.settimeout(SECONDS)
            code = probe.connect_ex((address, port))
        if code == 0:
            found.append(port)
        else:
            assert code == errno.ECONNREFUSED, f"port {port}: {errno.errorcode[code]}"
    return found


async def test_the_site_is_reached_by_who_trusts_its_authority(site: FarSite, client: Host) -> None:
    status, root = await client.do(ask, site.host.address, 80, None, "/trust/root.pem")
    assert status == 200
    tls = trusting(root)
    status, page = await client.do(ask, site.host.address, 443, tls, "/")
    assert (status, b"<html" in page) == (200, True)


async def test_a_new_phone_that_opens_the_bare_name_is_shown_the_authority(
    site: FarSite, client: Host
) -> None:
    status, _ = await client.do(ask, site.host.address, 80, None, "/")
    assert status == 302
    status, page = await client.do(ask, site.host.address, 80, None, "/trust")
    known = await site.get("/api/v1/authority")
    assert (status, known["name"]) == (200, f"Genba {NAME}")
    shown = page.decode().replace("<br>", " ")
    assert known["sha256"].replace(":", " ") in shown


async def test_who_does_not_trust_its_authority_refuses_it(site: FarSite, client: Host) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await client.do(ask, site.host.address, 443, ssl.create_default_context(), "/")


async def test_nothing_but_the_front_door_answers(site: FarSite, client: Host) -> None:
    assert await client.do(open_ports, site.host.address) == [80, 443]
    listening = subprocess.run(
        [*site.host.prefix, "ss", "-Hlnu"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    ports = {line.split()[3].rpartition(":")[2] for line in listening}
    assert ports <= {"5353"}, "mDNS only"
