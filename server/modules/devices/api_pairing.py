"""HTTP of pairing and enrolment: path, permission, request, answer."""

from collections.abc import Sequence
from datetime import UTC, datetime

from contract.pairing import (
    ENROL,
    PAIRINGS,
    SITE,
    EnrolAnswer,
    EnrolRequest,
    PairingOffer,
    PairingRequest,
    Poll,
    PollAnswer,
    Reveal,
    SiteFacts,
)
from server.kernel.http import API, Call, Nothing, Page, Route
from server.kernel.problems import Problem
from server.kernel.rate_limits import ANONYMOUS, PAIRING
from server.modules.devices.enrolment import Enrolments
from server.modules.devices.model import (
    AgentView,
    Approval,
    Enrolment,
    EnrolmentDraft,
    WaitingPairing,
    view,
)
from server.modules.devices.pairing import Pairings

READ = "devices.read"
WRITE = "devices.write"
MAX_ASKING_BYTES = 4 * 1024


def routes(enrolments: Enrolments, pairings: Pairings) -> Sequence[Route]:
    """Return the operations by which agents become ours."""

    async def site(_: Call[Nothing, Nothing]) -> SiteFacts:
        return enrolments.site()

    async def create_enrolment(call: Call[Nothing, EnrolmentDraft]) -> Enrolment:
        return await enrolments.create(call.connection, call.principal.actor, call.body)

    async def enrol(call: Call[Nothing, EnrolRequest]) -> EnrolAnswer:
        return await enrolments.enrol(call.connection, call.body)

    async def ask(call: Call[Nothing, PairingRequest]) -> PairingOffer:
        return await pairings.ask(call.connection, call.body, call.address)

    async def reveal(call: Call[Nothing, Reveal]) -> PollAnswer:
        return await pairings.reveal(call.connection, call.path["id"], call.body)

    async def poll(call: Call[Nothing, Poll]) -> PollAnswer:
        return await pairings.poll(call.connection, call.path["id"], call.body.secret)

    async def list_waiting(call: Call[Nothing, Nothing]) -> Page[WaitingPairing]:
        waiting = await pairings.waiting(call.connection)
        return Page(waiting, None, len(waiting))

    async def approve(call: Call[Nothing, Approval]) -> AgentView | Problem:
        agent = await pairings.approve(call.connection, call.principal.actor, call.body)
        return agent if isinstance(agent, Problem) else view(agent, datetime.now(UTC))

    async def refuse(call: Call[Nothing, Nothing]) -> None:
        await pairings.refuse(call.connection, call.principal.actor, call.path["id"])

    return (
        Route("GET", SITE, None, site, "What this site is known by", answer=SiteFacts),
        Route(
            "POST",
            f"{API}/devices/enrolments",
            WRITE,
            create_enrolment,
            "Make a one-time enrolment token",
            body=EnrolmentDraft,
            answer=Enrolment,
            status=201,
            keep_answer=False,
        ),
        Route(
            "POST",
            ENROL,
            None,
            enrol,
            "Exchange an enrolment token for being one of the site's agents",
            body=EnrolRequest,
            answer=EnrolAnswer,
            max_body_bytes=MAX_ASKING_BYTES,
            keep_answer=False,
            limit=PAIRING,
        ),
        Route(
            "POST",
            PAIRINGS,
            None,
            ask,
            "Ask to be paired",
            body=PairingRequest,
            answer=PairingOffer,
            status=201,
            max_body_bytes=MAX_ASKING_BYTES,
            keep_answer=False,
            limit=PAIRING,
        ),
        Route(
            "POST",
            PAIRINGS + "/{id}/reveal",
            None,
            reveal,
            "Reveal the nonce of a pairing, so that its code can be typed",
            body=Reveal,
            answer=PollAnswer,
            max_body_bytes=MAX_ASKING_BYTES,
            keep_answer=False,
            limit=PAIRING,
        ),
        Route(
            "POST",
            PAIRINGS + "/{id}/poll",
            None,
            poll,
            "Ask what has become of a pairing",
            body=Poll,
            answer=PollAnswer,
            max_body_bytes=MAX_ASKING_BYTES,
            keep_answer=False,
            limit=ANONYMOUS,
        ),
        Route(
            "GET",
            PAIRINGS,
            READ,
            list_waiting,
            "List agents that wait to be paired",
            answer=Page[WaitingPairing],
        ),
        Route(
            "POST",
            PAIRINGS + "/approve",
            WRITE,
            approve,
            "Pair the agent that shows this code",
            body=Approval,
            answer=AgentView,
            keep_answer=False,
        ),
        Route("POST", PAIRINGS + "/{id}/refuse", WRITE, refuse, "Refuse an agent that waits"),
    )
