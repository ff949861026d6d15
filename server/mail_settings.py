"""Settings of mail: who takes it, and how the way there is protected."""

import msgspec

from contract.settings_file import SettingsError
from server.kernel.mail import Tls

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class MailSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The relay that takes mail; without a host none is sent.

    `tls` is `starttls`, `tls` (from the first byte), or `none` for a relay on this machine. The
    password comes by the environment, or from a file of mode 0600.
    """

    host: str = ""
    port: int = 587
    tls: str = "starttls"
    user: str = ""
    password: str = ""
    password_file: str = ""
    sender: str = ""
    ca_file: str = ""


def check_mail(mail: MailSettings) -> None:
    """Raise SettingsError for what cannot be meant."""
    if mail.tls not in list(Tls):
        raise SettingsError(f"mail.tls must be one of {', '.join(Tls)}")
    if not 1 <= mail.port <= 65_535:
        raise SettingsError("mail.port must be between 1 and 65535")
    if mail.tls == Tls.NONE and mail.host not in ("", *LOOPBACK):
        raise SettingsError("mail.tls may be none only where mail.host is this machine")
    if mail.password and mail.password_file:
        raise SettingsError("set mail.password or mail.password_file, not both")
    if mail.host and not _is_address(mail.sender):
        raise SettingsError("mail.sender must be an address such as genba@example.jp")


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and not any(letter.isspace() for letter in text)
