"""A small SMTP relay (RFC 5321) with STARTTLS and AUTH PLAIN, and the mails that it took."""

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "genba", "relay secret"


@dataclass
class Taken:
    """One mail, and how it came."""

    message: EmailMessage
    recipients: list[str]
    encrypted: bool
    user: str


@dataclass
class Relay:
    """The relay; `refusing` makes it answer 451 to every mail."""

    port: int
    certificate: Path
    mails: "asyncio.Queue[Taken]" = field(default_factory=asyncio.Queue)
    refusing: bool = False
    refused: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def a_relay(folder: Path) -> AsyncIterator[Relay]:
    """Open a relay on a free port of loopback, with a certificate of its own for localhost."""
    certificate, key = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    relay: Relay

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Session(relay, context, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    relay = Relay(server.sockets[0].getsockname()[1], certificate)
    async with server:
        yield relay


class _Session:
    """One client's conversation."""

    def __init__(
        self,
        relay: Relay,
        context: ssl.SSLContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._relay = relay
        self._context = context
        self._reader = reader
        self._writer = writer
        self._encrypted = False
        self._user = ""
        self._recipients: list[str] = []

    async def run(self) -> None:
        await self._say("220 relay.test ESMTP")
        while line := (await self._reader.readline()).decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    offers = "AUTH PLAIN" if self._encrypted else "STARTTLS"
                    await self._say(f"250-relay.test\r\n250 {offers}")
                case "STARTTLS":
                    await self._say("220 go ahead")
                    await self._writer.start_tls(self._context)
                    self._encrypted = True
                case "AUTH":
                    await self._authenticate(rest)
                case "MAIL" if not self._user:
                    await self._say("530 5.7.0 authentication required")
                case "MAIL" if self._relay.refusing:
                    self._relay.refused.set()
                    await self._say("451 4.3.0 later")
                case "MAIL" | "RSET":
                    self._recipients = []
                    await self._say("250 ok")
                case "RCPT":
                    self._recipients.append(rest.partition("<")[2].partition(">")[0])
                    await self._say("250 ok")
                case "DATA":
                    await self._take()
                case "QUIT":
                    await self._say("221 bye")
                    return
                case _:
                    await self._say("502 not here")

    async def _authenticate(self, rest: str) -> None:
        mechanism, _, answer = rest.partition(" ")
        _, user, password = b64decode(answer).decode().split("\0")
        if mechanism == "PLAIN" and (user, password) == (USER, PASSWORD):
            self._user = user
            await self._say("235 welcome")
        else:
            await self._say("535 5.7.8 no")

    async def _take(self) -> None:
        await self._say("354 go on")
        raw = (await self._reader.readuntil(b"\r\n.\r\n"))[:-3]
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self._relay.mails.put_nowait(Taken(message, self._recipients, self._encrypted, self._user))
        await self._say("250 taken")

    async def _say(self, text: str) -> None:
        self._writer.write(text.encode() + b"\r\n")
        await self._writer.drain()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for localhost and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "relay.pem", folder / "relay.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
