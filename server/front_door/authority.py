"""The site's certificate authority, as the people and devices that shall trust it get it."""

import plistlib
import uuid
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding


class NotACertificate(ValueError):
    """What Caddy told is no PEM certificate."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A root certificate in DER (RFC 5280), its subject's common name and its SHA-256."""

    der: bytes
    name: str
    fingerprint: str

    @classmethod
    def of_pem(cls, pem: str) -> "Authority":
        """Return the authority of this PEM certificate. Raises NotACertificate."""
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
            digest = certificate.fingerprint(SHA256()).hex(":").upper()
        except ValueError as error:
            raise NotACertificate(str(error)) from error
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        name = str(names[0].value) if names else "Genba"
        return cls(certificate.public_bytes(Encoding.DER), name, digest)

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)

    def mobileconfig(self) -> bytes:
        """Return Apple's configuration profile that installs the root on an iPhone or Mac.

        Its identifiers follow from the certificate: installing it twice leaves one profile.
        """
        inner, outer = (
            str(uuid.uuid5(uuid.NAMESPACE_OID, f"{part} {self.fingerprint}")).upper()
            for part in ("certificate", "profile")
        )
        return plistlib.dumps(
            {
                "PayloadType": "Configuration",
                "PayloadVersion": 1,
                "PayloadIdentifier": f"genba.root.{outer}",
                "PayloadUUID": outer,
                "PayloadDisplayName": self.name,
                "PayloadContent": [
                    {
                        "PayloadType": "com.apple.security.root",
                        "PayloadVersion": 1,
                        "PayloadIdentifier": f"genba.root.{inner}",
                        "PayloadUUID": inner,
                        "PayloadDisplayName": self.name,
                        "PayloadCertificateFileName": "genba.crt",
                        "PayloadContent": self.der,
                    }
                ],
            }
        )
