"""Commands and queries on persons and cards; each command writes its journal entry with it."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from contract.cards import (
    CardUid,
    InvalidUid,
    Technology,
    card_problem,
    normalise_uid,
)
from contract.ids import PersonId, new_id
from contract.replica import CardRow, PersonRow
from server.kernel.database import Connection
from server.kernel.journal import Journal
from server.kernel.problems import AlreadyThere, Conflicting, Invalid, NotFound, PreconditionFailed
from server.modules.people import events, store
from server.modules.people.model import (
    Card,
    CardDraft,
    CardKind,
    Holder,
    Person,
    PersonChange,
    PersonDraft,
)


class CardHolders(Protocol):
    """Who else cards stand for; answered by the module that has the items."""

    async def holders(self, connection: Connection, uids: Sequence[str]) -> Mapping[str, Holder]:
        """Return whose these cards are, by UID."""
        ...

    async def search(self, connection: Connection, text: str) -> list[str]:
        """Return the UIDs of cards whose holder matches the text."""
        ...

    async def attach(self, connection: Connection, uid: str, holder: str) -> Holder:
        """Note that a card now stands for this holder. Raises NotFound."""
        ...

    async def changed(self, connection: Connection, uid: str) -> None:
        """Note that a card of a holder was blocked, unblocked or is about to go."""
        ...


class People:
    """Persons and cards. Every command runs in its caller's transaction."""

    def __init__(self, journal: Journal, other_holders: CardHolders) -> None:
        self._journal = journal
        self._others = other_holders

    async def person(self, connection: Connection, person: str) -> Person:
        """Return one person. Raises NotFound."""
        found = await store.persons_by_id(connection, [checked_id(person)])
        if not found:
            raise NotFound()
        return found[0]

    async def create(self, connection: Connection, actor: str, draft: PersonDraft) -> Person:
        """Make a person. Raises AlreadyThere if the code is taken."""
        person = PersonId(new_id())
        try:
            async with connection.transaction():
                await store.insert_person(connection, person, draft)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="code", value=draft.code) from error
        await self._journal.tell(
            connection,
            actor,
            events.PERSON_CREATED,
            person,
            events.PersonNews(draft.code, draft.name, after=fields_of(draft)),
        )
        return await self.person(connection, person)

    async def change(
        self,
        connection: Connection,
        actor: str,
        person: str,
        change: PersonChange,
        expected_version: int,
    ) -> Person:
        """Change a person. Raises NotFound, PreconditionFailed, AlreadyThere."""
        found = await store.persons_by_id(connection, [checked_id(person)], lock=True)
        if not found:
            raise NotFound()
        before = found[0]
        if before.version != expected_version:
            raise PreconditionFailed(current=before.version)
        return await self.apply_change(connection, actor, before, change)

    async def apply_change(
        self, connection: Connection, actor: str, before: Person, change: PersonChange
    ) -> Person:
        """Change a person whose row the caller holds; nothing is written if nothing differs.

        Raises AlreadyThere, and Conflicting for a row that stands for somebody who was erased.
        """
        if before.erased:
            raise Conflicting(reason="erased")
        after, old, new = changed_fields(before, change)
        if not new:
            return before
        try:
            async with connection.transaction():
                await store.update_person(connection, after)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="code", value=after.code) from error
        await self._journal.tell(
            connection,
            actor,
            events.PERSON_CHANGED,
            before.id,
            events.PersonNews(after.code, after.name, before=old, after=new),
        )
        return await self.person(connection, before.id)

    async def register_card(self, connection: Connection, actor: str, draft: CardDraft) -> Card:
        """Register a card for a person or an item.

        Raises Invalid for a UID that is none or that changes from tap to tap, NotFound for the
        holder, AlreadyThere if the card is somebody's.
        """
        uid = registrable_uid(draft.uid, draft.technology)
        if (draft.person is None) == (draft.item is None):
            raise Invalid(field="person", expected="person / item")
        if draft.person is not None and (await self.person(connection, draft.person)).erased:
            raise Conflicting(reason="erased")
        try:
            async with connection.transaction():
                await store.insert_card(connection, uid, draft.technology, draft.person)
        except asyncpg.UniqueViolationError as error:
            raise AlreadyThere(field="uid", value=uid) from error
        if draft.person is not None:
            await store.raise_version(connection, draft.person)
        elif draft.item is not None:
            await self._others.attach(connection, uid, checked_id(draft.item))
        card = await self.card(connection, uid)
        await self._tell_card(connection, actor, events.CARD_REGISTERED, card)
        return card

    async def block_card(
        self, connection: Connection, actor: str, uid: str, *, reason: str | None
    ) -> Card:
        """Block a card for this reason, or unblock it (None). Repeating changes nothing."""
        card = await self.card(connection, uid)
        if card.blocked == (reason is not None):
            return card
        await store.set_blocked(connection, card.uid, reason=reason)
        await self._touch_holder(connection, card)
        kind = events.CARD_UNBLOCKED if reason is None else events.CARD_BLOCKED
        await self._tell_card(connection, actor, kind, card, reason or "")
        return await self.card(connection, uid)

    async def remove_card(self, connection: Connection, actor: str, uid: str) -> None:
        """Forget a card. Raises NotFound."""
        card = await self.card(connection, uid)
        await self._touch_holder(connection, card)
        await store.delete_card(connection, card.uid)
        await self._tell_card(connection, actor, events.CARD_REMOVED, card)

    async def card(self, connection: Connection, uid: str) -> Card:
        """Return one card with its holder. Raises NotFound."""
        try:
            card = await store.card_by_uid(connection, normalise_uid(uid))
        except InvalidUid as error:
            raise NotFound() from error
        if card is None:
            raise NotFound()
        return (await self.name_holders(connection, [card]))[0]

    async def name_holders(self, connection: Connection, cards: Sequence[Card]) -> list[Card]:
        """Return the cards with the holders that this module does not know itself."""
        uids = [card.uid for card in cards if card.kind is CardKind.ITEM]
        holders = await self._others.holders(connection, uids) if uids else {}
        return [
            msgspec.structs.replace(
                card, holder_id=held.id, holder_code=held.code, holder_name=held.name
            )
            if (held := holders.get(card.uid))
            else card
            for card in cards
        ]

    async def uids_held_by(self, connection: Connection, search: str) -> list[str]:
        """Return UIDs of other modules' cards whose holder matches the search."""
        return await self._others.search(connection, search) if search.strip() else []

    async def replica_rows(self, connection: Connection, ids: Sequence[str]) -> list[PersonRow]:
        """Return these persons as kiosks know them."""
        return [replica_row(p) for p in await store.persons_by_id(connection, ids)]

    async def replica_page(
        self, connection: Connection, after: str | None, limit: int
    ) -> list[PersonRow]:
        """Return the next persons in order of id, as kiosks know them."""
        return [
            replica_row(p) for p in await store.all_persons(connection, after=after, limit=limit)
        ]

    async def _touch_holder(self, connection: Connection, card: Card) -> None:
        if card.kind is CardKind.PERSON:
            await store.raise_version(connection, card.holder_id)
        else:
            await self._others.changed(connection, card.uid)

    async def _tell_card(
        self, connection: Connection, actor: str, kind: str, card: Card, reason: str = ""
    ) -> None:
        news = events.CardNews(card.kind, card.holder_id, card.holder_name, reason)
        await self._journal.tell(connection, actor, kind, card.uid, news)


def registrable_uid(text: str, technology: Technology) -> CardUid:
    """Return the UID in its one spelling. Raises Invalid if it can stand for nobody."""
    try:
        uid = normalise_uid(text)
    except InvalidUid as error:
        raise Invalid(field="uid", expected="04A2B3C4D5E680") from error
    if problem := card_problem(uid, technology):
        raise Invalid(field="uid", expected=problem.value)
    return uid


def replica_row(person: Person) -> PersonRow:
    """Return the person as kiosks know them."""
    return PersonRow(
        id=person.id,
        code=person.code,
        name=person.name,
        reading=person.reading,
        status=person.status,
        cards=tuple(CardRow(card.uid, card.blocked) for card in person.cards),
        version=person.version,
    )


def changed_fields(
    before: Person, change: PersonChange
) -> tuple[Person, dict[str, str], dict[str, str]]:
    """Return the person after the change, and the old and new values of what differs."""
    old: dict[str, str] = {}
    new: dict[str, str] = {}
    for name in change.__struct_fields__:
        value = getattr(change, name)
        if value is not UNSET and value != getattr(before, name):
            old[name], new[name] = str(getattr(before, name)), str(value)
    after = msgspec.structs.replace(before, **{name: getattr(change, name) for name in new})
    return after, old, new


def fields_of(draft: msgspec.Struct) -> dict[str, str]:
    """Return the filled-in fields of a draft, as the journal keeps them."""
    return {name: str(value) for name in draft.__struct_fields__ if (value := getattr(draft, name))}


def checked_id(text: str) -> str:
    """Return the id. Raises NotFound for a text that is no UUID: nothing has such an id."""
    try:
        return str(UUID(text))
    except ValueError as error:
        raise NotFound() from error
