"""HTTP of second factors: the caller's own, a lost one of somebody else, and who must have one."""

from collections.abc import Sequence

from server.kernel.auth import FIRST_FACTOR
from server.kernel.http import API, Call, Nothing, Reply, Route
from server.kernel.site import SiteKeeper
from server.modules.accounts import store_factors
from server.modules.accounts.factor_model import (
    Code,
    Policy,
    PolicyChange,
    RecoveryCodes,
    SecondFactors,
    TotpDraft,
)
from server.modules.accounts.own_factors import FactorKeeper
from server.modules.accounts.service import READ, WRITE


def routes(site: SiteKeeper, keeper: FactorKeeper) -> Sequence[Route]:
    """Return the operations on second factors. Secrets are shown once, so no answer is kept."""

    async def state(call: Call[Nothing, Nothing]) -> SecondFactors:
        return await keeper.state(call.connection, call.principal)

    async def begin(call: Call[Nothing, Nothing]) -> TotpDraft:
        return await keeper.begin(call.connection, call.principal, site.site.name)

    async def confirm(call: Call[Nothing, Code]) -> RecoveryCodes:
        return await keeper.confirm(call.connection, call.principal, call.body.code)

    async def remove(call: Call[Nothing, Nothing]) -> Reply:
        await keeper.remove(call.connection, call.principal)
        return Reply(None, 204)

    async def renew_codes(call: Call[Nothing, Nothing]) -> RecoveryCodes:
        return await keeper.renew_codes(call.connection, call.principal)

    async def take_away(call: Call[Nothing, Nothing]) -> Reply:
        await keeper.take_away(call.connection, call.principal, call.path["id"])
        return Reply(None, 204)

    async def policy(call: Call[Nothing, Nothing]) -> Reply:
        found = await store_factors.policy(call.connection)
        return Reply(found, version=found.version)

    async def set_policy(call: Call[Nothing, PolicyChange]) -> Reply:
        changed = await keeper.set_policy(
            call.connection, call.principal, call.body.second_factor, call.expected_version()
        )
        return Reply(changed, version=changed.version)

    own, rules = f"{API}/session/second-factor", f"{API}/sign-in-policy"
    return (
        Route("GET", own, FIRST_FACTOR, state, "Own second factors", answer=SecondFactors),
        Route(
            "POST",
            f"{own}/totp",
            FIRST_FACTOR,
            begin,
            "Begin to set up an authenticator app",
            answer=TotpDraft,
            keep_answer=False,
        ),
        Route(
            "POST",
            f"{own}/totp/confirm",
            FIRST_FACTOR,
            confirm,
            "Take an authenticator app in use",
            body=Code,
            answer=RecoveryCodes,
            keep_answer=False,
        ),
        Route("DELETE", f"{own}/totp", FIRST_FACTOR, remove, "Remove the app", status=204),
        Route(
            "POST",
            f"{own}/recovery-codes",
            FIRST_FACTOR,
            renew_codes,
            "Make new recovery codes",
            answer=RecoveryCodes,
            keep_answer=False,
        ),
        Route(
            "DELETE",
            API + "/accounts/{id}/second-factor",
            WRITE,
            take_away,
            "Remove an account's second factors and passkeys, which are lost",
            status=204,
        ),
        Route("GET", rules, READ, policy, "What signing in asks for", answer=Policy),
        Route(
            "PATCH",
            rules,
            WRITE,
            set_policy,
            "Change what signing in asks for",
            body=PolicyChange,
            answer=Policy,
        ),
    )
