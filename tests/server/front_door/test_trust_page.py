"""The authority in the forms that phones and computers take."""

import plistlib
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from server.front_door.authority import Authority, NotACertificate
from server.front_door.trust_page import SYSTEMS, TrustPage
from server.shipped import catalogues


def a_root(name: str = "Genba genba.local") -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )


ROOT = a_root()
SITE = "https://genba.local/"
AUTHORITY = Authority.of_pem(ROOT.public_bytes(Encoding.PEM).decode())


def client_of(authority: Authority | None) -> "TestClient[web.Request, web.Application]":
    application = web.Application()
    TrustPage(catalogues(), lambda: authority, SITE).mount(application)
    return TestClient(TestServer(application))


async def test_every_download_is_the_same_certificate() -> None:
    async with client_of(AUTHORITY) as client:
        der = await (await client.get("/trust/root.crt")).read()
        pem = await (await client.get("/trust/root.pem")).read()
        profile = plistlib.loads(await (await client.get("/trust/genba.mobileconfig")).read())
    assert x509.load_der_x509_certificate(der) == ROOT
    assert x509.load_pem_x509_certificate(pem) == ROOT
    [payload] = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    assert payload["PayloadContent"] == der


async def test_the_fingerprint_is_shown() -> None:
    async with client_of(AUTHORITY) as client:
        page = await (await client.get("/trust", headers={"Accept-Language": "en"})).text()
    shown = page.replace("<br>", " ").replace(" ", "")
    assert ROOT.fingerprint(SHA256()).hex().upper() in shown


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_system_is_explained(language: str) -> None:
    async with client_of(AUTHORITY) as client:
        page = await (await client.get(f"/trust?language={language}")).text()
    assert page.count("<details>") == len(SYSTEMS)
    assert page.count("<li>") == 3 * len(SYSTEMS)
    assert "trust-" not in page.replace("trust-which", "")


async def test_it_leads_on_to_the_site() -> None:
    async with client_of(AUTHORITY) as client:
        assert f'href="{SITE}"' in await (await client.get("/trust")).text()


async def test_before_caddy_told_its_root_there_is_nothing_to_trust() -> None:
    async with client_of(None) as client:
        assert (await client.get("/trust")).status == 404
        assert (await client.get("/trust/root.crt")).status == 404


async def test_a_name_cannot_write_html() -> None:
    hostile = a_root("<script>alert(1)</script>")
    authority = Authority.of_pem(hostile.public_bytes(Encoding.PEM).decode())
    async with client_of(authority) as client:
        assert "<script>" not in await (await client.get("/trust")).text()


def test_the_same_root_gives_the_same_profile() -> None:
    assert AUTHORITY.mobileconfig() == AUTHORITY.mobileconfig()


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(NotACertificate):
        Authority.of_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
