"""This domain's public news: the kinds of its journal entries and their bodies."""

from typing import Final

import msgspec

from server.kernel.journal_redaction import REDACTED

TOKEN_CREATED: Final = "system.token_created"  # noqa: S105 - the name of a kind

SECRET_ROTATED: Final = "system.secret_rotated"  # noqa: S105 - the name of a kind

JOURNAL_EXPORTED: Final = "system.journal_exported"

KINDS: Final = (TOKEN_CREATED, REDACTED, SECRET_ROTATED, JOURNAL_EXPORTED)


class ExportNews(msgspec.Struct, frozen=True):
    """Body of journal_exported: what was searched for, by field. Subject: csv or jsonl."""

    filters: dict[str, str]


class TokenNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of token_created; the token itself is nowhere. Subject: the token's name."""

    permissions: list[str]
    expires_at: str = ""
