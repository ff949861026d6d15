"""What a kiosk knows: the server's rows with its own unsent facts on top."""

from agent.replica import DAY_US, Replica, find
from contract.cards import CardUid
from contract.facts import Borrowed, Fact, FactBody, Returned, Undone
from contract.ids import EventId, JournalEpoch, LoanId
from contract.link import Changes
from contract.replica import CardRow, ItemRow, OpenLoan
from support.workshop import (
    CALIPER_CARD,
    NOON_US,
    SATO_CARD,
    WRENCH_CARD,
    YAMADA_CARD,
    item,
    moment,
    person,
    replica,
    snapshot,
)

YAMADA, SATO = person(), person("佐藤 花子", SATO_CARD)
WRENCH, CALIPER = item(), item("ノギス", CALIPER_CARD)


def fact(key: str, body: FactBody) -> Fact:
    return Fact(EventId(key), 1, moment(), body)


def borrowed(key: str = "fact-1") -> Fact:
    return fact(key, Borrowed(WRENCH.id, YAMADA.id))


def returned(key: str = "fact-2", loan: str = "fact-1") -> Fact:
    return fact(key, Returned(WRENCH.id, LoanId(loan), YAMADA.id))


def loan_of(known: Replica, row: ItemRow = WRENCH) -> str | None:
    now = known.item(row.id)
    assert now is not None
    return None if now.loan is None else now.loan.id


def test_a_card_leads_to_its_person_or_item() -> None:
    known = replica(YAMADA, WRENCH)
    for card, row in ((YAMADA_CARD, YAMADA), (WRENCH_CARD, WRENCH)):
        holder = known.holder(card)
        assert holder is not None
        assert holder.row == row
    assert known.holder(CardUid("FFFFFFFF")) is None


def test_a_card_that_moved_to_another_person_leads_there() -> None:
    known = replica(YAMADA, SATO)
    newer = person("佐藤 花子", SATO_CARD, version=2)
    both = type(newer)(
        newer.id, newer.code, newer.name, cards=(*newer.cards, CardRow(YAMADA_CARD)), version=2
    )
    without = type(YAMADA)(YAMADA.id, YAMADA.code, YAMADA.name, version=2)
    known.apply(Changes(JournalEpoch("journal-1"), 2, people=(both, without)))
    holder = known.holder(YAMADA_CARD)
    assert holder is not None
    assert holder.row == both


def test_a_stale_row_changes_nothing() -> None:
    known = replica(item("新しい名前", version=5))
    known.apply(Changes(JournalEpoch("journal-1"), 2, items=(item("古い名前", version=4),)))
    row = known.item(WRENCH.id)
    assert row is not None
    assert row.name == "新しい名前"


def test_a_row_that_is_gone_takes_its_cards_along() -> None:
    known = replica(YAMADA, WRENCH)
    known.apply(Changes(JournalEpoch("journal-1"), 2, gone=(WRENCH.id,)))
    assert known.item(WRENCH.id) is None
    assert known.holder(WRENCH_CARD) is None
    assert known.position == 2


def test_a_snapshot_in_parts_takes_effect_whole() -> None:
    known = replica(YAMADA, WRENCH, position=9)
    assert known.apply(snapshot(SATO, position=20, more=True)) is None
    assert known.person(YAMADA.id) == YAMADA
    assert known.position == 9
    last = Changes(JournalEpoch("journal-2"), 21, items=(CALIPER,))
    written = known.apply(last)
    assert written is not None
    assert written.everything
    assert known.person(YAMADA.id) is None
    assert known.person(SATO.id) == SATO
    assert known.item(CALIPER.id) == CALIPER
    assert (known.journal_epoch, known.position) == ("journal-2", 21)


def test_a_snapshot_cut_off_in_the_middle_leaves_the_old_rows() -> None:
    known = replica(YAMADA, position=9)
    known.apply(snapshot(SATO, position=20, more=True))
    known.abandon_snapshot()
    known.apply(Changes(JournalEpoch("journal-1"), 10, items=(WRENCH,)))
    assert known.person(YAMADA.id) == YAMADA
    assert known.item(WRENCH.id) == WRENCH
    assert known.position == 10


def test_a_snapshot_brings_older_versions_back_after_a_restore() -> None:
    known = replica(item("新しい", version=50))
    known.apply(snapshot(item("戻した", version=3)))
    row = known.item(WRENCH.id)
    assert row is not None
    assert row.name == "戻した"


def test_an_unsent_loan_shows_at_once_with_its_due_date() -> None:
    known = replica(YAMADA, item(loan_days=7))
    known.note(borrowed())
    row = known.item(WRENCH.id)
    assert row is not None
    since = NOON_US + moment().mono_us
    assert row.loan == OpenLoan(LoanId("fact-1"), YAMADA.id, since, since + 7 * DAY_US)
    assert [each.id for each in known.loans_of(YAMADA.id)] == [WRENCH.id]
    assert [each.loan is not None for each in known.items()] == [True]


def test_an_unsent_return_shows_at_once() -> None:
    known = replica(YAMADA, item(lent_to=YAMADA))
    known.note(returned(loan=f"loan-{WRENCH_CARD}"))
    assert loan_of(known) is None
    assert known.loans_of(YAMADA.id) == []


def test_the_answer_replaces_what_was_laid_over() -> None:
    known = replica(YAMADA, WRENCH)
    known.note(borrowed())
    after = item(lent_to=YAMADA, version=2)
    written = known.answered([EventId("fact-1")], [after])
    assert written.items == (after,)
    assert known.item(WRENCH.id) == after


def test_a_quarantined_fact_leaves_the_servers_row_to_see() -> None:
    known = replica(YAMADA, WRENCH)
    known.note(borrowed())
    known.answered([EventId("fact-1")], [])
    assert loan_of(known) is None


def test_a_later_unsent_fact_stays_over_an_earlier_answer() -> None:
    known = replica(YAMADA, WRENCH)
    known.note(borrowed())
    known.note(returned())
    known.answered([EventId("fact-1")], [item(lent_to=YAMADA, version=2)])
    assert loan_of(known) is None
    known.answered([EventId("fact-2")], [item(version=3)])
    assert loan_of(known) is None


def test_an_answer_during_a_snapshot_is_not_overwritten_by_its_older_row() -> None:
    known = replica(WRENCH)
    known.note(borrowed())
    known.apply(snapshot(WRENCH, position=5, more=True))
    known.answered([EventId("fact-1")], [item(lent_to=YAMADA, version=2)])
    known.apply(Changes(JournalEpoch("journal-1"), 6))
    assert loan_of(known) == f"loan-{WRENCH_CARD}"


def test_an_undone_loan_is_nobodys() -> None:
    known = replica(YAMADA, WRENCH)
    known.note(borrowed())
    known.note(fact("fact-2", Undone(EventId("fact-1"))))
    assert loan_of(known) is None


def test_an_undone_return_gives_the_same_loan_back() -> None:
    known = replica(YAMADA, item(lent_to=YAMADA))
    known.note(returned(loan=f"loan-{WRENCH_CARD}"))
    known.note(fact("fact-3", Undone(EventId("fact-2"))))
    assert loan_of(known) == f"loan-{WRENCH_CARD}"


def test_an_undo_of_what_the_server_already_has_shows_at_once() -> None:
    known = replica(YAMADA, WRENCH)
    known.note(borrowed("loan-x"))
    lent = item(version=2)
    lent = type(lent)(
        lent.id, lent.code, lent.name, cards=lent.cards, version=2,
        loan=OpenLoan(LoanId("loan-x"), YAMADA.id, NOON_US),
    )  # fmt: skip
    known.answered([EventId("loan-x")], [lent])
    known.note(fact("fact-2", Undone(EventId("loan-x"))))
    assert loan_of(known) is None


def test_an_undo_of_a_fact_nobody_knows_changes_nothing() -> None:
    known = replica(WRENCH)
    known.note(fact("fact-2", Undone(EventId("never-seen"))))
    assert loan_of(known) is None


def test_a_fact_about_an_item_that_is_not_here_harms_nothing() -> None:
    known = replica(YAMADA)
    known.note(borrowed())
    assert known.item(WRENCH.id) is None
    assert known.loans_of(YAMADA.id) == []


def test_search_finds_names_codes_and_readings() -> None:
    rows = [YAMADA, SATO]
    assert find(rows, "佐藤", 9) == [SATO]
    assert find(rows, YAMADA.code.lower(), 9) == [YAMADA]
    assert len(find(rows, "やまだ", 9)) == 2
    assert len(find(rows, "", 1)) == 1
