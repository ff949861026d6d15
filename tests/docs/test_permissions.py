"""The document of who reads and writes which fields is made from the routes."""

from scripts.permission_table import DOCUMENT, fields, whole
from server.kernel.http import Page
from server.modules.accounts.api import AccountMade
from server.modules.people.model import Person
from support.api import Api


async def test_the_fields_of_each_permission_are_as_documented(api: Api) -> None:
    routes = [route for group in api.server.parts.routes.values() for route in group]
    wanted = whole(routes)
    assert DOCUMENT.read_text() == wanted, "run scripts/permission_table.py --write"
    assert "`accounts.write`" in wanted


def test_fields_inside_fields_are_named() -> None:
    assert {"account.login", "account.roles", "link.path"} <= set(fields(AccountMade))
    assert {"items.code", "next"} <= set(fields(Page[Person]))
