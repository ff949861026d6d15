"""The token endpoint of OAuth 2.0 (RFC 6749): a machine's secret, or an app's refresh token."""

import base64
from collections.abc import Sequence
from urllib.parse import unquote_plus

import msgspec

from server.kernel.http import API, FORM, Call, Nothing, Refusals, Reply, Route
from server.modules.accounts.apps import Apps
from server.modules.accounts.clients import Clients
from server.modules.accounts.oauth_model import Granted
from server.modules.accounts.oauth_problems import (
    TokenError,
    TokenErrorDocument,
    TokenRefused,
    say,
)

CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
_MAX_BYTES = 8 * 1024


class TokenRequest(msgspec.Struct, frozen=True):
    """Fields that are not known are ignored, as the RFC demands (3.2). There are no scopes."""

    grant_type: str = ""
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    scope: str = ""


def routes(clients: Clients, apps: Apps) -> Sequence[Route]:
    """Return the operation."""

    async def token(call: Call[Nothing, TokenRequest]) -> Reply | TokenRefused:
        wanted = call.body
        if wanted.scope:
            raise TokenRefused(TokenError.INVALID_SCOPE, "there are no scopes: leave it out")
        granted: Granted | TokenRefused
        match wanted.grant_type:
            case "client_credentials":
                client, secret = proof_of_client(wanted, call.browser.authorization)
                granted = await clients.grant(call.connection, client, secret, call.address)
            case "refresh_token":
                if not wanted.refresh_token:
                    raise TokenRefused(TokenError.INVALID_REQUEST, "refresh_token is missing")
                granted = await apps.refresh(call.connection, wanted.refresh_token, call.address)
            case "":
                raise TokenRefused(TokenError.INVALID_REQUEST, "grant_type is missing")
            case _:
                raise TokenRefused(
                    TokenError.UNSUPPORTED_GRANT_TYPE, f"{CLIENT_CREDENTIALS} or {REFRESH_TOKEN}"
                )
        if isinstance(granted, TokenRefused):
            return granted
        return Reply(granted, headers={"Pragma": "no-cache"})

    return (
        Route(
            "POST",
            f"{API}/oauth/token",
            None,
            token,
            "Get an access token",
            body=TokenRequest,
            body_media=FORM,
            answer=Granted,
            keep_answer=False,
            max_body_bytes=_MAX_BYTES,
            refusals=Refusals(TokenErrorDocument, say),
        ),
    )


def proof_of_client(wanted: TokenRequest, authorization: str) -> tuple[str, str]:
    """Return a client's id and secret, from the header or the form. Raises TokenRefused."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        if not wanted.client_id or not wanted.client_secret:
            raise TokenRefused(TokenError.INVALID_CLIENT, "client_id and client_secret are missing")
        return wanted.client_id, wanted.client_secret
    if wanted.client_secret:
        raise TokenRefused(TokenError.INVALID_REQUEST, "the secret came twice")
    try:
        pair = base64.b64decode(value.strip(), validate=True).decode()
    except ValueError as error:
        raise TokenRefused(TokenError.INVALID_CLIENT, "Basic cannot be read") from error
    client, colon, secret = pair.partition(":")
    if not colon:
        raise TokenRefused(TokenError.INVALID_CLIENT, "Basic cannot be read")
    # Both are form-encoded before they are joined (2.3.1), so that an id may have a colon.
    return unquote_plus(client), unquote_plus(secret)
