"""An agent shows a code, an admin types it: who gets in, who does not, and what is written down."""

import msgspec
import pytest

from agent.identity import new_private_key, public_key, sign
from contract.pairing import PAIRINGS, Poll, reveal_claim, shown
from server.modules.devices.rules import MAX_FAILURES, MAX_WAITING
from support.api import Api, expect
from support.pairing import Asking, asking

AGENTS = "/api/v1/devices/agents"
APPROVE = f"{PAIRINGS}/approve"


async def approved(api: Api, one: Asking, **body: object) -> dict[str, object]:
    wanted = {"code": one.code, "name": "工具室", "place": "1F"} | body
    agent: dict[str, object] = await api.post(APPROVE, wanted, status=200)
    return agent


async def forget_addresses(api: Api) -> None:
    """Let the pairings under way come from as many addresses."""
    async with api.server.database.connection() as connection:
        await connection.execute("update devices.pairing set address = id::text")


async def test_the_code_on_the_kiosk_makes_the_agent_one_of_ours(api: Api) -> None:
    one = await (await asking(api)).reveal()
    assert (await one.poll())["state"] == "waiting"
    [waiting] = (await api.get(PAIRINGS))["items"]
    assert waiting["hostname"] == "genba-kiosk-1"
    assert one.code not in str(waiting)
    agent = await approved(api, one, code=shown(one.code).lower())
    assert await one.poll() == {
        "state": "approved",
        "agent": agent["id"],
        "name": "工具室",
        "place": "1F",
        "site": "現場",
    }
    assert (await api.get(PAIRINGS))["items"] == []
    assert (await api.kinds())[-3:] == [
        "devices.pairing_asked",
        "devices.agent_enrolled",
        "devices.pairing_approved",
    ]
    async with api.server.database.connection() as connection:
        kept = await connection.fetchval("select public_key from devices.agent")
    assert bytes(kept) == public_key(one.private_key)


async def test_a_code_is_good_once(api: Api) -> None:
    one = await (await asking(api)).reveal()
    await approved(api, one)
    again = await api.ask("POST", APPROVE, json={"code": one.code, "name": "二号"})
    assert again.json["type"] == "/problems/code-wrong"


async def test_before_the_reveal_nothing_can_be_typed(api: Api) -> None:
    one = await asking(api)
    assert (await api.get(PAIRINGS))["items"] == []
    answer = await api.ask("POST", APPROVE, json={"code": one.code, "name": "工具室"})
    assert answer.status == 422


async def test_a_nonce_other_than_the_committed_one_is_refused(api: Api) -> None:
    one = await asking(api)
    one.nonce = bytes(32)
    answer = await one.say("reveal", one.revelation())
    assert answer.status == 409
    assert answer.json["type"] == "/problems/pairing-broken"


async def test_a_key_that_is_not_the_agents_own_is_refused(api: Api) -> None:
    one = await asking(api)
    offer = one.offer
    claim = reveal_claim(offer.pairing, offer.site_key, offer.server_nonce, one.nonce)
    forged = msgspec.structs.replace(one.revelation(), signature=sign(new_private_key(), claim))
    assert (await one.say("reveal", forged)).status == 409


async def test_a_reveal_whose_answer_was_lost_can_be_repeated(api: Api) -> None:
    one = await (await asking(api)).reveal()
    await one.reveal()
    assert len((await api.get(PAIRINGS))["items"]) == 1
    assert (await api.kinds()).count("devices.pairing_asked") == 1


async def test_without_its_secret_nobody_learns_of_a_pairing(api: Api) -> None:
    one = await (await asking(api)).reveal()
    await approved(api, one)
    other = await asking(api)
    stolen = await one.say("poll", Poll(other.offer.secret))
    assert expect(stolen, 200).json == {"state": "expired"}


async def test_an_expired_code_is_wrong_and_its_agent_is_told(api: Api) -> None:
    one = await (await asking(api)).reveal()
    async with api.server.database.connection() as connection:
        await connection.execute("update devices.pairing set expires_at = now()")
    assert (await one.poll())["state"] == "expired"
    assert (await api.get(PAIRINGS))["items"] == []
    answer = await api.ask("POST", APPROVE, json={"code": one.code, "name": "工具室"})
    assert answer.json["type"] == "/problems/code-wrong"


async def test_five_wrong_codes_lock_and_the_right_one_does_not_open(api: Api) -> None:
    one = await (await asking(api)).reveal()
    wrong = {"code": "BBBB-BBBB", "name": "工具室"}
    left = []
    for _ in range(MAX_FAILURES - 1):
        answer = await api.ask("POST", APPROVE, json=wrong)
        assert answer.status == 422
        left.append(answer.json["detail"])
    assert len(set(left)) == MAX_FAILURES - 1, "it says how many are left"
    locked = await api.ask("POST", APPROVE, json=wrong)
    assert locked.status == 429
    assert int(locked.headers["Retry-After"]) > 14 * 60
    assert "15" in locked.json["detail"]
    right = await api.ask("POST", APPROVE, json=wrong | {"code": one.code})
    assert right.json["type"] == "/problems/codes-locked"
    kinds = await api.kinds()
    assert kinds.count("devices.code_refused") == MAX_FAILURES - 1
    assert kinds.count("devices.code_locked") == 1
    async with api.server.database.connection() as connection:
        await connection.execute("update devices.code_failures set until = now()")
    await approved(api, one)


async def test_what_cannot_be_a_code_is_a_slip_and_counts_not(api: Api) -> None:
    one = await (await asking(api)).reveal()
    for _ in range(MAX_FAILURES + 1):
        answer = await api.ask("POST", APPROVE, json={"code": "ABCD-1234", "name": "工具室"})
        assert (answer.status, answer.json["field"]) == (422, "code")
    await approved(api, one)


async def test_a_name_is_needed_and_a_taken_one_keeps_the_code_good(api: Api) -> None:
    one = await (await asking(api)).reveal()
    await approved(api, one)
    two = await (await asking(api)).reveal()
    nameless = await api.ask("POST", APPROVE, json={"code": two.code})
    assert (nameless.status, nameless.json["field"]) == (422, "name")
    taken = await api.ask("POST", APPROVE, json={"code": two.code, "name": "工具室"})
    assert (taken.status, taken.json["field"]) == (409, "name")
    await approved(api, two, name="二号")


async def test_a_replacement_keeps_id_and_name_and_the_old_key_dies(api: Api) -> None:
    one = await (await asking(api)).reveal()
    old = await approved(api, one)
    await api.post(f"{AGENTS}/{old['id']}/revoke", {}, status=200)
    two = await (await asking(api)).reveal()
    new = await api.post(APPROVE, {"code": two.code, "replaces": old["id"]}, status=200)
    assert (new["id"], new["name"], new["place"]) == (old["id"], "工具室", "1F")
    assert not new["revoked"]
    assert (await two.poll())["agent"] == old["id"]
    async with api.server.database.connection() as connection:
        kept = await connection.fetchval("select public_key from devices.agent")
    assert bytes(kept) == public_key(two.private_key)
    assert "devices.agent_replaced" in await api.kinds()


async def test_replacing_nobody_is_refused_and_the_code_stays_good(api: Api) -> None:
    one = await (await asking(api)).reveal()
    nobody = {"code": one.code, "replaces": "01a1f732-e9bf-7000-8e89-c103f3a211b6"}
    assert (await api.ask("POST", APPROVE, json=nobody)).status == 404
    await approved(api, one)


async def test_a_refused_agent_is_told(api: Api) -> None:
    one = await (await asking(api)).reveal()
    path = f"{PAIRINGS}/{one.offer.pairing}/refuse"
    for _ in range(2):
        expect(await api.ask("POST", path), 204)
    assert await one.poll() == {"state": "refused"}
    assert (await api.kinds()).count("devices.pairing_refused") == 1


async def test_at_most_twenty_wait_at_once(api: Api) -> None:
    for number in range(MAX_WAITING):
        await (await asking(api, f"kiosk-{number}")).reveal()
        await forget_addresses(api)
    with pytest.raises(AssertionError, match="429"):
        await asking(api)
    async with api.server.database.connection() as connection:
        await connection.execute("update devices.pairing set expires_at = now()")
    await asking(api)


async def test_an_address_that_begins_again_and_again_loses_its_oldest(api: Api) -> None:
    first = await (await asking(api)).reveal()
    for _ in range(5):
        last = await (await asking(api)).reveal()
    assert (await first.poll())["state"] == "expired"
    await approved(api, last)


@pytest.mark.parametrize(
    "change",
    [{"agent_key": ""}, {"commitment": "AAAA"}, {"hostname": "x" * 101}, {"agent_key": None}],
)
async def test_what_is_no_request_is_refused_at_the_edge(
    api: Api, change: dict[str, object]
) -> None:
    key = "A" * 43 + "="
    body = {"agent_key": key, "commitment": key, "hostname": "k"} | change
    assert (await api.ask("POST", PAIRINGS, json=body)).status == 422


async def test_a_nul_in_a_name_is_refused_and_breaks_nothing(api: Api) -> None:
    key = "A" * 43 + "="
    body = {"agent_key": key, "commitment": key, "hostname": "a\x00b"}
    assert (await api.ask("POST", PAIRINGS, json=body)).status == 400
