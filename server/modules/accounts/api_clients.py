"""HTTP of clients: machines that sign in with a secret."""

from collections.abc import Sequence

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
from server.modules.accounts import store_clients
from server.modules.accounts.clients import Clients
from server.modules.accounts.oauth_model import Client, ClientChange, ClientDraft, ClientSecret
from server.modules.accounts.service import READ, WRITE


def routes(clients: Clients) -> Sequence[Route]:
    """Return the operations on clients."""

    async def list_clients(call: Call[Paging, Nothing]) -> Page[Client]:
        query = call.query
        after = read_cursor(query.cursor, tuple[str])[0] if query.cursor else ""
        found = await store_clients.list_clients(
            call.connection, after=after, limit=query.limit + 1
        )
        return page_of(found, query.limit, lambda client: (client.id,))

    async def create(call: Call[Nothing, ClientDraft]) -> Reply:
        made = await clients.create(call.connection, call.principal, call.body)
        return Reply(
            made, 201, version=made.client.version, location=f"{API}/clients/{made.client.id}"
        )

    async def get(call: Call[Nothing, Nothing]) -> Reply:
        client = await clients.client(call.connection, call.path["id"])
        return Reply(client, version=client.version)

    async def change(call: Call[Nothing, ClientChange]) -> Reply:
        client = await clients.change(
            call.connection, call.principal, call.path["id"], call.body, call.expected_version()
        )
        return Reply(client, version=client.version)

    async def new_secret(call: Call[Nothing, Nothing]) -> Reply:
        made = await clients.new_secret(call.connection, call.principal, call.path["id"])
        return Reply(made, version=made.client.version)

    path, one = f"{API}/clients", API + "/clients/{id}"
    return (
        Route("GET", path, READ, list_clients, "List clients", Paging, answer=Page[Client]),
        Route(
            "POST",
            path,
            WRITE,
            create,
            "Register a client",
            body=ClientDraft,
            answer=ClientSecret,
            status=201,
            keep_answer=False,
        ),
        Route("GET", one, READ, get, "Get a client", answer=Client),
        Route("PATCH", one, WRITE, change, "Change a client", body=ClientChange, answer=Client),
        Route(
            "POST",
            f"{one}/secret",
            WRITE,
            new_secret,
            "Replace a client's secret",
            answer=ClientSecret,
            keep_answer=False,
        ),
    )
