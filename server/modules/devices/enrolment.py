"""Enrolling without a screen: a one-time token, made by an admin, for scripts and the demo."""

from contract.pairing import EnrolAnswer, EnrolRequest, SiteFacts
from server.kernel.auth import digest, new_secret
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import AlreadyThere
from server.modules.devices import events, store
from server.modules.devices.identity import SiteIdentity
from server.modules.devices.model import (
    ENROLMENT_HOURS,
    Enrolment,
    EnrolmentDraft,
    EnrolmentRefused,
)
from server.modules.devices.service import Devices


class Enrolments:
    """One-time tokens. Every command runs in its caller's transaction.

    A token is the secret, a dot, and the fingerprint by which the agent knows the site.
    """

    def __init__(self, journal: Journal, devices: Devices, identity: SiteIdentity) -> None:
        self._journal = journal
        self._devices = devices
        self._identity = identity

    def site(self) -> SiteFacts:
        """Return what anybody may know of this site's keys."""
        return SiteFacts(self._identity.public_key, self._identity.ca)

    async def create(self, connection: Connection, actor: str, draft: EnrolmentDraft) -> Enrolment:
        """Make a one-time token for an agent of this name. Raises AlreadyThere."""
        if await store.name_taken(connection, draft.name):
            raise AlreadyThere(field="name", value=draft.name)
        secret = new_secret()
        expires_at = await store.insert_enrolment(
            connection, digest(secret), draft.name, draft.place, ENROLMENT_HOURS
        )
        news = events.EnrolmentNews(draft.place)
        await self._journal.tell(connection, actor, events.ENROLMENT_CREATED, draft.name, news)
        return Enrolment(f"{secret}.{self._identity.fingerprint}", expires_at)

    async def enrol(self, connection: Connection, request: EnrolRequest) -> EnrolAnswer:
        """Turn a token into an agent with the key that it made.

        Raises EnrolmentRefused, AlreadyThere.
        """
        secret, _, _ = request.token.partition(".")
        enrolment = await store.usable_enrolment(connection, digest(secret))
        if enrolment is None:
            raise EnrolmentRefused()
        name, place = enrolment
        agent = await self._devices.add(connection, None, name, place, request.agent_key)
        await store.use_enrolment(connection, digest(secret), agent)
        return EnrolAnswer(agent, name, self._identity.public_key, self._identity.ca)
