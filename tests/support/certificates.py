"""Certificate authorities for tests: a root, an intermediate, short-lived leaves, as Caddy has."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

LIFE = timedelta(hours=12)


@dataclass(frozen=True)
class Authority:
    """A root with an intermediate that signs leaves."""

    root: x509.Certificate
    intermediate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """The root's PEM: what is pinned."""
        return self.root.public_bytes(Encoding.PEM).decode()

    def context(self, folder: Path, *names: str, age: timedelta = timedelta(0)) -> ssl.SSLContext:
        """Return a server's context with a leaf for these names, made so long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _certificate(names[0], key, self.intermediate.subject, self.key, names, age)
        return _context(folder, key, leaf, self.intermediate)


def authority(name: str = "Genba test CA") -> Authority:
    """Make a root and its intermediate."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root = _certificate(name, root_key, root_name, root_key)
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(root, _certificate(f"{name} intermediate", key, root_name, root_key), key)


def self_signed(folder: Path, name: str) -> ssl.SSLContext:
    """Return a server's context with a certificate for this name that nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return _context(folder, key, _certificate(name, key, subject, key, (name,)))


def _context(
    folder: Path, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate
) -> ssl.SSLContext:
    file = folder / f"{chain[0].serial_number}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + b"".join(each.public_bytes(Encoding.PEM) for each in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...] = (),
    age: timedelta = timedelta(0),
) -> x509.Certificate:
    now = datetime.now(UTC) - age
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        told = x509.SubjectAlternativeName([_general(each) for each in names])
        builder = builder.add_extension(told, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
