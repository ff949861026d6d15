"""This domain's public news: the kinds of its journal entries and their bodies."""

from typing import Final

import msgspec

TOKEN_CREATED: Final = "system.token_created"  # noqa: S105 - the name of a kind

KINDS: Final = (TOKEN_CREATED,)


class TokenNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of token_created; the token itself is nowhere. Subject: the token's name."""

    permissions: list[str]
    expires_at: str = ""
