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
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        leaf = _certificate(names[0], leaf_key, self.intermediate.subject, self.key, names, age)
        file = folder / f"{names[0]}-{leaf.serial_number}.pem"
        file.write_bytes(
            leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + leaf.public_bytes(Encoding.PEM)
            + self.intermediate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def authority(name: str = "Genba test CA") -> Authority:
    """Make a root and its intermediate."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root = _certificate(name, root_key, root_name, root_key)
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(root, _certificate(f"{name} intermediate", key, root_name, root_key), key)


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
