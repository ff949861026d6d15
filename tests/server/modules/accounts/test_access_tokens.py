"""What is taken for an access token, and what is not: RFC 8725 has the list of attacks."""

import base64
import time
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.kernel.module import Site
from server.modules.accounts.access_tokens import AccessTokens
from server.modules.accounts.token_keys import TokenKeys, key_id
from support.api import Api, expect
from support.oauth import client_token, make_client, with_bearer

SITE = Site("みなと精機", "Asia/Tokyo", "ja", "01a1f732-e9bf-7000-8e89-c103f3a211b6")

SID = "01a1f732-e9bf-7000-8e89-c103f3a211b7"


@pytest.fixture
def keys(tmp_path: Path) -> TokenKeys:
    return TokenKeys(tmp_path)


@pytest.fixture
def tokens(keys: TokenKeys) -> AccessTokens:
    return AccessTokens(keys, lambda: SITE)


async def forge(tokens: AccessTokens, keys: TokenKeys, **changes: Any) -> str:
    """Sign with the site's own key what the site would not say."""
    genuine = await tokens.sign("client:robot-7", SID)
    claims = jwt.decode(genuine, options={"verify_signature": False}) | changes
    kid, key = await keys.signing()
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, "EdDSA", headers={"kid": kid, "typ": "at+jwt"})


async def test_a_token_says_who_acts_for_a_quarter_of_an_hour(
    tokens: AccessTokens, keys: TokenKeys
) -> None:
    token = await tokens.sign("client:robot-7", SID)
    claims = await tokens.verify(token)
    assert claims is not None
    assert (claims.sub, claims.sid, claims.aud) == ("client:robot-7", SID, "genba-api")
    assert claims.iss == f"genba:{SITE.id}"
    assert claims.exp - claims.iat == 900
    header = jwt.get_unverified_header(token)
    kid, _ = await keys.signing()
    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": kid}


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "genba:another-site"},
        {"iss": None},
        {"aud": "another-api"},
        {"aud": ["genba-api"]},
        {"aud": None},
        {"exp": int(time.time()) - 31},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"sub": None},
        {"sub": 7},
        {"sid": None},
        {"sid": ["s"]},
        {"sid": "s"},
        {"sub": "nobody"},
        {"sub": "account:1"},
        {"sub": "client:robot-7\n"},
        {"jti": None},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=str,
)
async def test_a_claim_that_is_wrong_or_missing_voids_the_token(
    tokens: AccessTokens, keys: TokenKeys, changes: dict[str, Any]
) -> None:
    assert await tokens.verify(await forge(tokens, keys)) is not None
    assert await tokens.verify(await forge(tokens, keys, **changes)) is None


async def test_clocks_may_differ_by_half_a_minute(tokens: AccessTokens, keys: TokenKeys) -> None:
    token = await forge(tokens, keys, exp=int(time.time()) - 10)
    assert await tokens.verify(token) is not None


async def test_a_signature_of_another_kind_or_key_is_refused(
    tokens: AccessTokens, keys: TokenKeys
) -> None:
    genuine = await tokens.sign("client:robot-7", SID)
    claims = jwt.decode(genuine, options={"verify_signature": False})
    kid, key = await keys.signing()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    headers = {"kid": kid, "typ": "at+jwt"}
    other = Ed25519PrivateKey.generate()
    head, body, signature = genuine.split(".")
    forged = {
        "alg none": jwt.encode(claims, None, "none", headers=headers),
        "HS256 with the public key": jwt.encode(claims, public, "HS256", headers=headers),
        "HS256 with the kid": jwt.encode(claims, kid.encode() * 4, "HS256", headers=headers),
        "another key under our kid": jwt.encode(claims, other, "EdDSA", headers=headers),
        "another key under its kid": jwt.encode(
            claims, other, "EdDSA", headers=headers | {"kid": key_id(other)}
        ),
        "a key of its own": jwt.encode(
            claims, other, "EdDSA", headers=headers | {"jwk": {"kty": "OKP"}, "kid": "../tokens"}
        ),
        "no kid": jwt.encode(claims, key, "EdDSA", headers={"typ": "at+jwt"}),
        "another type": jwt.encode(claims, key, "EdDSA", headers={"kid": kid}),
        "no signature": f"{head}.{body}.",
        "a changed body": f"{head}.{_changed(body)}.{signature}",
        "a critical extension": jwt.encode(
            claims, key, "EdDSA", headers=headers | {"crit": ["x"], "x": 1}
        ),
        "no JSON": f"{_encoded(b'{')}.{body}.{signature}",
        "a number for kid": f"{_encoded(msgspec.json.encode({'alg': 'EdDSA', 'kid': 7}))}.a.b",
        "a header nested too deep": _encoded(b"[" * 5000) + f".{body}.{signature}",
        "a number too long": _encoded(b'{"kid":' + b"9" * 5000 + b"}") + f".{body}.{signature}",
        "dots": "..",
        "nothing like it": "a.b.c",
        "no text": "é.ü.日",
    }
    for what, token in forged.items():
        assert await tokens.verify(token) is None, what


async def test_a_fresh_key_signs_at_once_and_the_former_verifies_until_its_tokens_end(
    tmp_path: Path,
) -> None:
    ahead = 0.0
    rotating = TokenKeys(tmp_path)
    elsewhere = TokenKeys(tmp_path, clock=lambda: time.time() + ahead)
    ours, theirs = AccessTokens(rotating, lambda: SITE), AccessTokens(elsewhere, lambda: SITE)
    before = await ours.sign("client:robot-7", SID)
    assert await theirs.verify(before) is not None
    rotating.rotate()
    after = await ours.sign("client:robot-7", SID)
    assert jwt.get_unverified_header(after)["kid"] != jwt.get_unverified_header(before)["kid"]
    for token in (before, after):
        assert await theirs.verify(token) is not None
    ahead = 15 * 60 + 31
    assert await theirs.verify(before) is None
    assert await theirs.verify(after) is not None  # for the key; the token's own time is its own


async def test_a_key_that_was_replaced_twice_is_good_for_nothing(
    tokens: AccessTokens, keys: TokenKeys
) -> None:
    token = await tokens.sign("client:robot-7", SID)
    keys.rotate()
    keys.rotate()
    assert await tokens.verify(await tokens.sign("client:robot-7", SID)) is not None
    assert await tokens.verify(token) is None


async def test_the_keys_file_is_for_its_owner_only(tokens: AccessTokens, tmp_path: Path) -> None:
    await tokens.sign("client:robot-7", SID)
    assert (tmp_path / "tokens.key").stat().st_mode & 0o777 == 0o600


async def test_over_http_a_forged_token_is_a_stranger(api: Api) -> None:
    made = await make_client(api, "admin")
    token = await client_token(api, made)
    expect(await with_bearer(api, token), 200)
    tokens, keys = api.server.parts.identities.access_tokens, api.server.parts.token_keys
    elsewhere = await forge(tokens, keys, iss="genba:elsewhere")
    unknown = await tokens.sign("client:robot-none", SID)
    nobody = await tokens.sign("nobody", SID)
    head, body, signature = token.split(".")
    for forged in (elsewhere, unknown, nobody, f"{head}.{_changed(body)}.{signature}", "a.b.c"):
        answer = await with_bearer(api, forged)
        assert answer.status == 401, forged
        assert answer.json["type"] == "/problems/unauthenticated"


def _encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _changed(body: str) -> str:
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    return _encoded(raw.replace(b"robot", b"admin"))
