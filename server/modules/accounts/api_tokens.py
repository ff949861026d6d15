"""HTTP of API tokens: path, permission, request, answer."""

from collections.abc import Sequence
from datetime import datetime

from server.kernel.http import (
    API,
    Call,
    Nothing,
    Page,
    Paging,
    Reply,
    Route,
    page_of,
    read_cursor,
)
from server.modules.accounts import store_tokens
from server.modules.accounts.service import WRITE
from server.modules.accounts.token_model import Token, TokenDraft, TokenMade
from server.modules.accounts.tokens import TokenKeeper
from server.modules.people.service import checked_id


def routes(tokens: TokenKeeper) -> Sequence[Route]:
    """Return the operations on API tokens."""

    async def list_tokens(call: Call[Paging, Nothing]) -> Page[Token]:
        query = call.query
        before = None
        if query.cursor:
            at, id = read_cursor(query.cursor, tuple[datetime, str])
            before = (at, checked_id(id))
        found = await store_tokens.list_tokens(
            call.connection, before=before, limit=query.limit + 1
        )
        return page_of(found, query.limit, lambda token: (token.created_at, token.id))

    async def create(call: Call[Nothing, TokenDraft]) -> Reply:
        made = await tokens.create(call.connection, call.principal, call.body)
        return Reply(made, 201)

    async def revoke(call: Call[Nothing, Nothing]) -> Reply:
        await tokens.revoke(call.connection, call.principal, call.path["id"])
        return Reply(None, 204)

    path, one = f"{API}/tokens", API + "/tokens/{id}"
    return (
        Route("GET", path, WRITE, list_tokens, "List API tokens", Paging, answer=Page[Token]),
        Route(
            "POST",
            path,
            WRITE,
            create,
            "Make an API token",
            body=TokenDraft,
            answer=TokenMade,
            status=201,
            keep_answer=False,
        ),
        Route("DELETE", one, WRITE, revoke, "Revoke an API token", status=204),
    )
