"""Accounts and roles over HTTP: who may give what to whom."""

from typing import Any

import pytest

from support.api import Answer, Api, expect
from support.browser_session import BrowserSession, account, set_up, signed_in


async def test_an_account_is_made_with_a_link_for_its_owner(api: Api) -> None:
    body = {"login": "jiro", "name": "鈴木 次郎", "roles": ["viewer"]}
    made = await api.post("/api/v1/accounts", body)
    assert made["link"]["path"].startswith("/#password=genba_")
    assert made["account"]["has_password"] is False
    [listed] = (await api.get("/api/v1/accounts?search=鈴木"))["items"]
    assert listed == made["account"]


async def test_a_login_that_is_taken_is_named(api: Api) -> None:
    await account(api, "jiro")
    refused = await api.ask("POST", "/api/v1/accounts", json={"login": "JIRO", "name": "x"})
    assert (refused.status, refused.json["field"]) == (409, "login")


async def test_roles_open_exactly_what_they_hold(api: Api) -> None:
    viewer = await signed_in(api, "jiro", "viewer")
    expect(await viewer.ask("GET", "/api/v1/people"), 200)
    refused = await viewer.ask("POST", "/api/v1/people", json={"code": "E1", "name": "x"})
    assert refused.json["type"] == "/problems/forbidden"
    nobody = await signed_in(api, "saburo")
    assert (await nobody.ask("GET", "/api/v1/people")).status == 403
    expect(await nobody.ask("GET", "/api/v1/session"), 200)


async def test_a_changed_role_works_at_once(api: Api) -> None:
    viewer = await signed_in(api, "jiro", "viewer")
    await _give(api, "viewer", "people.write")
    expect(await viewer.ask("POST", "/api/v1/people", json={"code": "E1", "name": "x"}), 201)


async def test_a_right_taken_from_a_built_in_role_stays_taken(api: Api) -> None:
    from server.modules.accounts.service import Accounts

    role = await _role(api, "viewer")
    kept = [p for p in role["permissions"] if p != "people.read"]
    expect(await _change_role(api, role, permissions=kept), 200)
    modules = api.server.parts.modules
    accounts: Accounts = api.server.parts.accounts
    permissions = [p for module in modules for p in module.permissions]
    await api.server.database.run(lambda connection: accounts.seed(connection, permissions))
    assert "people.read" not in (await _role(api, "viewer"))["permissions"]


async def test_nobody_gives_away_what_they_do_not_hold(api: Api) -> None:
    await _give(api, "manager", "accounts.read")
    await _give(api, "manager", "accounts.write")
    manager = await signed_in(api, "jiro", "manager")
    as_admin = {"login": "evil", "name": "x", "roles": ["admin"]}
    refused = await manager.ask("POST", "/api/v1/accounts", json=as_admin)
    assert refused.json["type"] == "/problems/beyond-own-rights"
    role = {"title": "x", "permissions": ["devices.write"]}
    refused = await manager.ask("POST", "/api/v1/roles", json=role)
    assert refused.json["type"] == "/problems/beyond-own-rights"
    expect(
        await manager.ask("POST", "/api/v1/accounts", json={**as_admin, "roles": ["viewer"]}), 201
    )


async def test_a_lesser_account_cannot_touch_a_greater_one(api: Api) -> None:
    await set_up(api)
    await _give(api, "manager", "accounts.read")
    await _give(api, "manager", "accounts.write")
    manager = await signed_in(api, "jiro", "manager")
    [admin] = (await api.get("/api/v1/accounts?role=admin"))["items"]
    path = f"/api/v1/accounts/{admin['id']}"
    link = await manager.ask("POST", f"{path}/password-link")
    assert link.json["type"] == "/problems/beyond-own-rights"
    headers = {"If-Match": f'"{admin["version"]}"'}
    disabled = await manager.ask("PATCH", path, json={"disabled": True}, headers=headers)
    assert disabled.json["type"] == "/problems/beyond-own-rights"
    assert (await manager.ask("DELETE", f"{path}/sessions")).status == 403


@pytest.mark.parametrize("change", [{"disabled": True}, {"roles": ["viewer"]}, {"roles": []}])
async def test_the_last_admin_stays(api: Api, change: dict[str, Any]) -> None:
    admin = await set_up(api)
    [found] = (await api.get("/api/v1/accounts"))["items"]
    headers = {"If-Match": f'"{found["version"]}"'}
    path = f"/api/v1/accounts/{found['id']}"
    refused = await admin.ask("PATCH", path, json=change, headers=headers)
    assert refused.json["type"] == "/problems/last-admin"
    expect(await admin.ask("GET", "/api/v1/accounts"), 200)


async def test_an_edit_from_an_older_version_is_refused(api: Api) -> None:
    jiro = await account(api, "jiro")
    headers = {"If-Match": '"99"'}
    refused = await api.ask("PATCH", f"/api/v1/accounts/{jiro}", json={}, headers=headers)
    assert refused.status == 412


async def test_a_person_has_one_account_at_most(api: Api) -> None:
    person = (await api.post("/api/v1/people", {"code": "E1", "name": "次郎"}))["id"]
    await api.post("/api/v1/accounts", {"login": "one", "name": "x", "person": person})
    second = {"login": "two", "name": "x", "person": person}
    refused = await api.ask("POST", "/api/v1/accounts", json=second)
    assert (refused.status, refused.json["field"]) == (409, "person")


async def test_a_role_is_made_changed_and_deleted(api: Api) -> None:
    role = await api.post("/api/v1/roles", {"title": "棚卸係", "permissions": ["loans.read"]})
    await account(api, "jiro", role["id"])
    assert (await api.ask("DELETE", f"/api/v1/roles/{role['id']}")).status == 409
    expect(await _change_role(api, role, title="棚卸し", permissions=[]), 200)
    [jiro] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    headers = {"If-Match": f'"{jiro["version"]}"'}
    path = f"/api/v1/accounts/{jiro['id']}"
    expect(await api.ask("PATCH", path, json={"roles": []}, headers=headers), 200)
    expect(await api.ask("DELETE", f"/api/v1/roles/{role['id']}"), 204)
    assert {"accounts.role_created", "accounts.role_changed", "accounts.role_deleted"} <= set(
        await api.kinds()
    )


@pytest.mark.parametrize("role", ["admin", "viewer"])
async def test_a_built_in_role_keeps_its_name_and_stays(api: Api, role: str) -> None:
    assert (await api.ask("DELETE", f"/api/v1/roles/{role}")).status == 409
    assert (await _change_role(api, await _role(api, role), title="x")).status == 409


async def test_the_admins_role_cannot_be_changed(api: Api) -> None:
    refused = await _change_role(api, await _role(api, "admin"), permissions=[])
    assert refused.status == 409


async def test_an_undeclared_permission_is_refused(api: Api) -> None:
    refused = await api.ask("POST", "/api/v1/roles", json={"title": "x", "permissions": ["*"]})
    assert (refused.status, refused.json["field"]) == (422, "permissions")


async def test_an_admin_signs_somebody_out_everywhere(api: Api) -> None:
    jiro = await signed_in(api, "jiro", "viewer")
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    expect(await api.ask("DELETE", f"/api/v1/accounts/{found['id']}/sessions"), 204)
    assert (await jiro.ask("GET", "/api/v1/session")).status == 401


async def test_a_pin_is_kept_as_a_hash_and_taken_away(api: Api) -> None:
    jiro: BrowserSession = await signed_in(api, "jiro", "viewer")
    weak = await jiro.ask("POST", "/api/v1/session/pin", json={"pin": "123456"})
    assert weak.json["expected"] == "pin_guessable"
    expect(await jiro.ask("POST", "/api/v1/session/pin", json={"pin": "294017"}), 204)
    [found] = (await api.get("/api/v1/accounts?search=jiro"))["items"]
    assert found["has_pin"] is True
    expect(await jiro.ask("POST", "/api/v1/session/pin", json={"pin": None}), 204)


async def _role(api: Api, role: str) -> dict[str, Any]:
    roles = (await api.get("/api/v1/roles"))["items"]
    return next(each for each in roles if each["id"] == role)


async def _change_role(api: Api, role: dict[str, Any], **change: Any) -> Answer:
    headers = {"If-Match": f'"{role["version"]}"'}
    return await api.ask("PATCH", f"/api/v1/roles/{role['id']}", json=change, headers=headers)


async def _give(api: Api, role: str, permission: str) -> None:
    found = await _role(api, role)
    permissions = [*found["permissions"], permission]
    expect(await _change_role(api, found, permissions=permissions), 200)
