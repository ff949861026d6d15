"""The whole API as described, asked by schemathesis: as every role, and as nobody.

Whatever is sent: no 5xx, no answer without the permission, and each answer as the description says.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from scripts import sample_data
from server.kernel.auth import EVERYTHING, FIRST_FACTOR, SIGNED_IN
from server.modules.accounts.model import BUILTIN_ROLES
from support.site import Site

CHECKS: list[CheckFunction] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PERMISSION = re.compile(r"^Permission: `(.+)`$")
# They end the session that asks; a session that is over is asked in test_sign_in.
ENDS_OWN_SESSION = {("DELETE", "/api/v1/session")}
# Examples of each operation; an admin gets deep into it, all others are turned away at its door.
DEEP, SHALLOW = 6, 1


@dataclass(frozen=True)
class Caller:
    """Who asks, with what they hold."""

    name: str
    headers: Mapping[str, str]
    permissions: frozenset[str] | None

    def may(self, permission: str) -> bool:
        if self.permissions is None:
            return False
        open_to_all = permission in (SIGNED_IN, FIRST_FACTOR)
        return open_to_all or bool(self.permissions & {permission, EVERYTHING})


@pytest.mark.timeout(400)
async def test_every_operation_keeps_to_its_description_whoever_asks(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await sample_data.load(database_url)
    async with Site(tmp_path, database_url).running() as site:
        callers = [Caller("nobody", {}, None), await signed_in(site, "")]
        for role in BUILTIN_ROLES:
            caller = await signed_in(site, role)
            # Roles that may the same are one caller to the API.
            if caller.permissions not in {other.permissions for other in callers}:
                callers.append(caller)
        known = await known_ids(site)
        document = await site.get("/api/v1/openapi.json")
        admin = next(caller for caller in callers if caller.name == "admin")
        for caller in [*(c for c in callers if c is not admin), admin]:
            await asyncio.to_thread(examine, site.url, document, caller, known)
        assert (await site.get("/api/v1/journal?limit=1"))["items"], "the server is well"


async def signed_in(site: Site, role: str) -> Caller:
    """Make an account with this role, and sign it in as a browser does."""
    login = f"s-{role or 'without'}"
    draft = {"login": login, "name": login, "roles": [role] if role else []}
    await site.post("/api/v1/accounts", draft)
    link = await site.sign_in_url_of(login)
    body, headers = {"code": link.partition("=")[2]}, {"Origin": site.url}
    opened = await asyncio.to_thread(
        requests.post, f"{site.url}/api/v1/session/link", json=body, headers=headers, timeout=10
    )
    assert opened.status_code == 200, opened.text
    cookie = f"genba_session={opened.cookies['genba_session']}"
    permissions = frozenset(opened.json()["permissions"])
    return Caller(role or "without", headers | {"Cookie": cookie}, permissions)


async def known_ids(site: Site) -> list[str]:
    """Return ids of things that are there, of every kind."""
    lists = ("items", "categories", "people", "loans", "conflicts", "devices/agents")
    found = []
    for path in lists:
        found += [one["id"] for one in (await site.get(f"/api/v1/{path}"))["items"][:4]]
    found += [card["uid"] for card in (await site.get("/api/v1/cards?limit=4"))["items"]]
    return [*found, "viewer", "manager"]


def examine(url: str, document: dict[str, Any], caller: Caller, known: list[str]) -> None:
    """Ask every operation as this caller."""
    schema = schemathesis.openapi.from_dict(document)
    session = requests.Session()
    session.trust_env = False
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) in ENDS_OWN_SESSION:
            continue
        needs = PERMISSION.match(operation.definition.raw.get("description", ""))
        allowed = needs is None or caller.may(needs[1])
        asked = partial(ask, url, session, caller, allowed)
        examples = given(case=operation.as_strategy(), ids=st.none() | st.sampled_from(known))
        settings(
            max_examples=DEEP if allowed else SHALLOW,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(examples(_without_defaults(asked)))()


def _without_defaults(asked: Callable[[Any, str | None], None]) -> Callable[..., None]:
    def one(case: Any, ids: str | None) -> None:
        asked(case, ids)

    return one


def ask(
    url: str,
    session: requests.Session,
    caller: Caller,
    allowed: bool,
    case: Any,
    ids: str | None,
) -> None:
    """Send one request; `ids` names something that is there instead of something made up."""
    # Who asks is our caller, and no credential that was made up.
    case.cookies = {}
    case.headers.pop("Authorization", None)
    for name in case.path_parameters or {}:
        if ids is not None:
            case.path_parameters[name] = ids
    answer = case.call(base_url=url, headers=dict(caller.headers), session=session)
    what = f"{caller.name}: {case.as_curl_command()}\n{answer.status_code} {answer.content[:500]!r}"
    assert answer.status_code < 500, what
    if not allowed:
        assert answer.status_code == (401 if caller.permissions is None else 403), what
    elif caller.permissions is not None:
        assert answer.status_code != 401, what
    case.validate_response(answer, checks=CHECKS)
