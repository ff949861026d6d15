"""HTTP of disclosure and erasure: path, permission, request, answer."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec

from server.kernel.database import Database
from server.kernel.http import API, Call, Nothing, Route, Stream
from server.modules.people.privacy import Erased, Privacy, PrivacyView

PRIVACY = "people.privacy"
ZIP = "application/zip"


class EraseRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person's code, typed by hand: the second step."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


def routes(privacy: Privacy) -> Sequence[Route]:
    """Return the operations of disclosure and erasure."""

    async def view(call: Call[Nothing, Nothing]) -> PrivacyView:
        return await privacy.view(call.connection, call.path["id"])

    async def archive(call: Call[Nothing, Nothing]) -> Stream:
        person = await privacy.person(call.connection, call.path["id"])

        def write(database: Database) -> AsyncIterator[bytes]:
            return privacy.archive(
                database, person, call.principal.actor, call.address, call.language
            )

        return Stream(write, "personal-data.zip", ZIP)

    async def erase(call: Call[Nothing, EraseRequest]) -> Erased:
        return await privacy.erase(
            call.connection, call.principal.actor, call.path["id"], call.body.code
        )

    one = API + "/people/{id}"
    return (
        Route(
            "GET",
            f"{one}/privacy",
            PRIVACY,
            view,
            "What is held on a person",
            answer=PrivacyView,
        ),
        Route(
            "GET",
            f"{one}/privacy.zip",
            PRIVACY,
            archive,
            "All that is held on a person, as a file",
            answer=bytes,
            answer_media=ZIP,
        ),
        Route(
            "POST",
            f"{one}/erase",
            PRIVACY,
            erase,
            "Erase a person",
            body=EraseRequest,
            answer=Erased,
        ),
    )
