"""Access tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037), checked as RFC 8725 asks."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import quote

import jwt
import msgspec

from contract.ids import new_id
from server.kernel.module import Site
from server.modules.accounts.oauth_rules import ACCESS_LIFETIME, LEEWAY
from server.modules.accounts.token_keys import TokenKeys

ALGORITHM: Final = "EdDSA"
AUDIENCE: Final = "genba-api"
# RFC 9068, 2.1: no other kind of JWT can be taken for an access token.
TYPE: Final = "at+jwt"


_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Claims(msgspec.Struct, frozen=True):
    """What a token says. `iat` and `exp` are Unix seconds.

    `sub` is who acts, `account:<id>` or `client:<id>`; `sid` is what it descends from and ends
    with: the app's family of refresh tokens, or the client's secret.
    """

    iss: str
    aud: str
    sub: Annotated[str, msgspec.Meta(pattern=rf"^(account:{_UUID}|client:[0-9a-z-]+)\Z")]
    sid: Annotated[str, msgspec.Meta(pattern=rf"^{_UUID}\Z")]
    iat: int
    exp: int
    jti: str


class AccessTokens:
    """Signs and verifies. What it says of the holder is looked up anew with each request."""

    def __init__(self, keys: TokenKeys, site: Callable[[], Site]) -> None:
        self._keys = keys
        self._site = site

    @property
    def issuer(self) -> str:
        """Who signs: this site."""
        site = self._site()
        return f"genba:{site.id or quote(site.name)}"

    async def sign(self, subject: str, sid: str) -> str:
        """Return a fresh token. Raises SecretError."""
        now = int(datetime.now(UTC).timestamp())
        claims = Claims(
            iss=self.issuer,
            aud=AUDIENCE,
            sub=subject,
            sid=sid,
            iat=now,
            exp=now + int(ACCESS_LIFETIME.total_seconds()),
            jti=new_id(),
        )
        kid, key = await self._keys.signing()
        headers = {"kid": kid, "typ": TYPE}
        return jwt.encode(msgspec.to_builtins(claims), key, ALGORITHM, headers=headers)

    async def verify(self, token: str) -> Claims | None:
        """Return what a token of this site says, or None for anything else. Raises SecretError."""
        if not token.isascii():
            return None
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("typ") != TYPE or not isinstance(kid, str):
                return None
            key = await self._keys.verifying(kid)
            if key is None:
                return None
            said = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": list(Claims.__struct_fields__), "strict_aud": True},
            )
            return msgspec.convert(said, Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            return None
