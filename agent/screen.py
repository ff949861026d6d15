"""Drawing the desk: what the kiosk page is to show. Pure."""

from agent.desk import (
    Attending,
    Deed,
    Desk,
    DoneLine,
    DoneNotice,
    FailedNotice,
    Holding,
    RefusedNotice,
    UnknownNotice,
    undoable,
)
from agent.replica import Replica, find
from contract.ids import ItemId, PersonId
from contract.kiosk import (
    AskPerson,
    Done,
    Failed,
    ItemView,
    Line,
    LoanView,
    PersonView,
    Refused,
    SampleCard,
    Samples,
    Screen,
    Session,
    UnknownCard,
    Waiting,
)
from contract.replica import ItemRow, PersonRow

MAX_SAMPLES = 60


def draw(desk: Desk, replica: Replica, now_us: int) -> Screen:
    """Return the screen of a desk; the times that are left count from `now_us`."""
    match desk.notice:
        case DoneNotice(lines=lines, ends_us=ends):
            return Done(_lines(lines, desk, replica, now_us), _left_ms(ends, now_us))
        case UnknownNotice(card=card, technology=technology, problem=problem, ends_us=ends):
            return UnknownCard(card, technology, _left_ms(ends, now_us), problem)
        case RefusedNotice(reason=reason, item=item, person=person, ends_us=ends):
            return Refused(
                reason,
                _left_ms(ends, now_us),
                None if item is None else _item(item, replica),
                None if person is None else _person(person, replica),
            )
        case FailedNotice(code=code, ends_us=ends):
            return Failed(code, _left_ms(ends, now_us))
        case None:
            pass
    match desk.stage:
        case Holding(items=items, ends_us=ends):
            views = tuple(_item(held.item, replica) for held in items)
            return AskPerson(views, _left_ms(ends, now_us))
        case Attending(person=person, lines=lines, ends_us=ends):
            return Session(
                _person(person, replica),
                _lines(lines, desk, replica, now_us),
                _loans(person, replica),
                _left_ms(ends, now_us),
            )
        case _:
            return Waiting()


def samples(replica: Replica, search: str) -> Samples:
    """Return cards of the replica for the demo's drawer."""
    people = tuple(
        SampleCard(row.cards[0].uid, row.name, row.code)
        for row in find(replica.people(), search, MAX_SAMPLES)
    )
    items = tuple(
        SampleCard(row.cards[0].uid, row.name, row.code, on_loan=_on_loan(row))
        for row in find(replica.items(), search, MAX_SAMPLES)
    )
    return Samples(people, items)


def _on_loan(row: PersonRow | ItemRow) -> bool:
    return isinstance(row, ItemRow) and row.loan is not None


def _left_ms(ends_us: int, now_us: int) -> int:
    return max(0, (ends_us - now_us) // 1_000)


def _lines(
    lines: tuple[DoneLine, ...], desk: Desk, replica: Replica, now_us: int
) -> tuple[Line, ...]:
    return tuple(_line(line, desk, replica, now_us) for line in lines)


def _line(line: DoneLine, desk: Desk, replica: Replica, now_us: int) -> Line:
    row = replica.item(line.item)
    lent = line.deed is Deed.BORROWED and row is not None and row.loan is not None
    left = undoable(line, desk.recent, now_us, replica)
    return Line(
        fact=line.fact,
        what=line.deed.value,
        item=_item(line.item, replica),
        borrower=None if line.borrower is None else _person(line.borrower, replica),
        undo_ms=_left_ms(line.until_us, now_us) if left else 0,
        due_us=row.loan.due_us if lent and row is not None and row.loan is not None else None,
    )


def _loans(person: PersonId, replica: Replica) -> tuple[LoanView, ...]:
    return tuple(
        LoanView(row.loan.id, _view(row), row.loan.since_us, row.loan.due_us)
        for row in replica.loans_of(person)
        if row.loan is not None
    )


def _item(key: ItemId, replica: Replica) -> ItemView:
    row = replica.item(key)
    # A row may be withdrawn while its line is still shown.
    return ItemView(key, "", "") if row is None else _view(row)


def _view(row: ItemRow) -> ItemView:
    return ItemView(row.id, row.code, row.name, row.category, row.place)


def _person(key: PersonId, replica: Replica) -> PersonView:
    row: PersonRow | None = replica.person(key)
    if row is None:
        return PersonView(key, "", "")
    return PersonView(row.id, row.code, row.name, row.reading)
