"""Mail to one person, handed to the site's relay by SMTP (RFC 5321) under TLS (RFC 3207, 8314)."""

import asyncio
import enum
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import aiosmtplib

TIMEOUT_SECONDS = 20.0


class Tls(enum.StrEnum):
    """How the way to the relay is protected; `none` is for a relay on this very machine."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Relay:
    """Who takes our mail. `ca_file` is a PEM file to trust instead of the system's authorities."""

    host: str
    port: int
    tls: Tls
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


class MailFailed(Exception):
    """The relay could not be reached, or did not take the mail."""


class Mailer:
    """Sends plain text."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand one mail to the relay. Raises MailFailed."""
        relay = self._relay
        message = EmailMessage()
        message["From"] = relay.sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=relay.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot shall answer
        message.set_content(text, cte="base64")
        try:
            context = None
            if relay.tls is not Tls.NONE:
                context = await asyncio.to_thread(
                    ssl.create_default_context, cafile=relay.ca_file or None
                )
            await aiosmtplib.send(
                message,
                hostname=relay.host,
                port=relay.port,
                username=relay.user or None,
                password=relay.password or None,
                use_tls=relay.tls is Tls.TLS,
                start_tls=relay.tls is Tls.STARTTLS,
                tls_context=context,
                timeout=TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailFailed(f"{relay.host}:{relay.port}: {error}") from error
