"""States to show: builders with good defaults, and one scene for everything a kiosk can say."""

from collections.abc import Callable

import msgspec

from contract.cards import CardProblem, CardUid, Technology
from contract.ids import EventId, ItemId, LoanId, PersonId
from contract.kiosk import (
    AskingSite,
    AskPerson,
    ChooseSite,
    ConfirmSite,
    Done,
    Failed,
    Feedback,
    ItemView,
    Line,
    LinkView,
    LoanView,
    Pairing,
    PersonView,
    Refused,
    SampleCard,
    Samples,
    Screen,
    Session,
    ShowCode,
    SiteView,
    State,
    Tone,
    UnknownCard,
    Waiting,
)
from contract.lending import Refusal
from contract.link import ReaderReport, ReaderState

#: 2026-11-20 09:41 in Japan.
NOW_US = 1_795_135_260_000_000
DAY_US = 86_400_000_000
#: Long enough that nothing runs out while a picture is taken.
LONG_MS = 25_000

TOOLS = (
    ("T-0012", "トルクレンチ 10-50N·m", "作業工具", "A棚 2段"),
    ("M-0104", "デジタルノギス 150mm", "測定器", "計測室 3"),
    ("M-0131", "外側マイクロメータ 0-25mm", "測定器", "計測室 1"),
    ("E-0033", "充電式インパクトドライバ", "電動工具", "B棚 1段"),
    ("L-0007", "チェーンブロック 1t", "吊り具", "吊り具置き場"),
    ("L-0021", "シャックル 3.2t", "吊り具", "吊り具置き場"),
)
LONG_NAME = "コニカルスーパーロングリーチ首振りラチェットレンチ特大"
LONG_PERSON = "アレクサンドラ・マリア・ゴンザレス・デ・ラ・クルス・山本"


def item(number: int = 0, name: str | None = None) -> ItemView:
    code, usual, category, place = TOOLS[number % len(TOOLS)]
    return ItemView(
        id=ItemId(f"item-{number}"), code=code, name=name or usual, category=category, place=place
    )


def person(name: str = "佐藤 健一", reading: str = "さとう けんいち") -> PersonView:
    return PersonView(id=PersonId("person-1"), code="E1042", name=name, reading=reading)


def line(number: int = 0, what: Tone = Tone.BORROWED, name: str | None = None) -> Line:
    return Line(
        fact=EventId(f"fact-{number}"),
        what=what,
        item=item(number, name),
        undo_ms=0 if what is Tone.UNDONE else 29_000,
        due_us=NOW_US + 7 * DAY_US,
    )


def loan(number: int, due_days: float | None, name: str | None = None) -> LoanView:
    return LoanView(
        id=LoanId(f"loan-{number}"),
        item=item(number, name),
        since_us=NOW_US - 9 * DAY_US,
        due_us=None if due_days is None else NOW_US + int(due_days * DAY_US),
    )


LOANS = (loan(1, -2.0), loan(2, 0.1), loan(3, 1.0), loan(4, 12.0), loan(5, None))
READY = ReaderReport(reader="Sony RC-S300", driver="pcsc", state=ReaderState.READY)
GONE = ReaderReport(
    reader="Sony RC-S300", driver="pcsc", state=ReaderState.ABSENT, message="pcscd_unreachable"
)


def state(
    screen: Screen | None = None,
    *,
    tone: Tone | None = None,
    number: int = 1,
    readers: tuple[ReaderReport, ...] = (READY,),
    link: LinkView | None = None,
    virtual: bool = False,
    set_aside: int = 0,
    pairing: Pairing | None = None,
) -> State:
    return State(
        revision=0,
        screen=screen or Waiting(),
        readers=readers,
        link=link or LinkView(online=True, waiting=0),
        feedback=Feedback(number=number, tone=tone) if tone else None,
        agent="工具室 入口",
        site="大和製作所 第一工場",
        server_us=NOW_US,
        virtual=virtual,
        set_aside=set_aside,
        pairing=pairing,
    )


def session(
    *lines: Line, loans: tuple[LoanView, ...] = (), who: PersonView | None = None
) -> Session:
    return Session(person=who or person(), lines=lines, loans=loans, ends_ms=LONG_MS)


SAMPLES = Samples(
    people=tuple(
        SampleCard(uid=CardUid(f"04A1B2C3D4E5{n:02X}"), title=name, detail=f"E{1040 + n} 製造一課")
        for n, name in enumerate(("佐藤 健一", "鈴木 美咲", "高橋 大輔", "田中 さくら"))
    ),
    items=tuple(
        SampleCard(
            uid=CardUid(f"E00401000000{n:04X}"),
            title=name,
            detail=f"{code} {place}",
            on_loan=n % 3 == 1,
        )
        for n, (code, name, _category, place) in enumerate(TOOLS * 2)
    ),
)


def _offline(waiting: int, problem: str = "unreachable") -> LinkView:
    return LinkView(online=False, waiting=waiting, problem=problem)


def _refused(reason: Refusal) -> Refused:
    of_person = reason.value.startswith(("person", "card"))
    return Refused(
        reason=reason,
        ends_ms=LONG_MS,
        item=None if of_person else item(3),
        person=person() if of_person else None,
    )


_UID = CardUid("04A23B1C9F8061")

SCENES: dict[str, Callable[[], State]] = {
    "waiting": state,
    "waiting_demo": lambda: state(virtual=True),
    "reader_missing": lambda: state(readers=(GONE,)),
    "offline": lambda: state(link=_offline(12)),
    "not_enrolled": lambda: state(link=_offline(0, "not_enrolled")),
    "unauthorized": lambda: state(link=_offline(3, "unauthorized")),
    "revoked": lambda: state(link=_offline(3, "revoked")),
    "other_site": lambda: state(link=_offline(3, "other_site")),
    "pairing_searching": lambda: state(link=_offline(0, "not_enrolled"), pairing=ChooseSite()),
    "pairing_choose": lambda: state(
        link=_offline(0, "not_enrolled"),
        pairing=ChooseSite(
            (
                SiteView("1", "大和製作所 第一工場", "https://yamato-1.local"),
                SiteView("2", "ケアホームひまわり", "https://himawari.local"),
            )
        ),
    ),
    "pairing_typed": lambda: state(
        link=_offline(0, "not_enrolled"),
        pairing=ChooseSite((), "unreachable", "https://genba.local"),
    ),
    "pairing_asking": lambda: state(
        link=_offline(0, "not_enrolled"), pairing=AskingSite("https://genba.local")
    ),
    "pairing_code": lambda: state(
        link=_offline(0, "not_enrolled"),
        pairing=ShowCode("WDJB-MJHT", "https://yamato-1.local", 14 * 60_000),
    ),
    "pairing_other_site": lambda: state(
        link=_offline(27, "other_site"),
        pairing=ConfirmSite("大和製作所 第一工場", "https://yamato-1.local", 27),
    ),
    "pairing_anew": lambda: state(
        link=_offline(27, "revoked"),
        pairing=ShowCode("WWWM-MWWM", "https://yamato-1.local", 60_000, "unreachable"),
    ),
    "set_aside": lambda: state(set_aside=4),
    "ask_person": lambda: state(AskPerson(items=(item(),), ends_ms=LONG_MS), tone=Tone.ASK),
    "ask_person_many": lambda: state(
        AskPerson(items=tuple(item(n) for n in range(6)), ends_ms=LONG_MS), tone=Tone.ASK
    ),
    "session_empty": lambda: state(session(loans=LOANS), tone=Tone.ASK),
    "session_borrowed": lambda: state(
        session(line(0), line(3, Tone.RETURNED), loans=(loan(0, 7.0), *LOANS)), tone=Tone.BORROWED
    ),
    "session_returned": lambda: state(
        session(line(3, Tone.RETURNED), line(0), loans=LOANS), tone=Tone.RETURNED
    ),
    "session_undone": lambda: state(
        session(line(0, Tone.UNDONE), line(2), loans=LOANS), tone=Tone.UNDONE
    ),
    "session_twelve": lambda: state(
        session(*(line(n, (Tone.BORROWED, Tone.RETURNED)[n % 2]) for n in range(12)), loans=LOANS),
        tone=Tone.BORROWED,
    ),
    "session_long": lambda: state(
        session(
            line(0, name=LONG_NAME),
            loans=(loan(1, 3.0, LONG_NAME), *LOANS),
            who=person(LONG_PERSON, "あれくさんどら まりあ ごんざれす"),
        ),
        tone=Tone.BORROWED,
    ),
    "session_demo": lambda: state(
        session(line(0), line(3, Tone.RETURNED), loans=LOANS), tone=Tone.BORROWED, virtual=True
    ),
    "session_reader_missing": lambda: state(
        session(line(0), loans=LOANS), tone=Tone.BORROWED, readers=(GONE,)
    ),
    "done": lambda: state(
        Done(
            lines=(msgspec.structs.replace(line(0, Tone.RETURNED), borrower=person()),),
            ends_ms=LONG_MS,
        ),
        tone=Tone.RETURNED,
    ),
    "done_many": lambda: state(
        Done(lines=tuple(line(n, Tone.RETURNED) for n in range(4)), ends_ms=LONG_MS),
        tone=Tone.RETURNED,
    ),
    "done_undone": lambda: state(
        Done(lines=(line(0, Tone.UNDONE),), ends_ms=LONG_MS), tone=Tone.UNDONE
    ),
    "done_long": lambda: state(
        Done(lines=(line(0, Tone.RETURNED, LONG_NAME),), ends_ms=LONG_MS), tone=Tone.RETURNED
    ),
    "unknown_card": lambda: state(
        UnknownCard(card=_UID, technology=Technology.ISO14443A, ends_ms=LONG_MS), tone=Tone.ERROR
    ),
    "unknown_random": lambda: state(
        UnknownCard(
            card=CardUid("08A1B2C3"),
            technology=Technology.ISO14443A,
            ends_ms=LONG_MS,
            problem=CardProblem.RANDOM_UID,
        ),
        tone=Tone.ERROR,
    ),
    "unknown_my_number": lambda: state(
        UnknownCard(
            card=CardUid("1A2B3C4D"),
            technology=Technology.ISO14443B,
            ends_ms=LONG_MS,
            problem=CardProblem.CHANGING_UID,
        ),
        tone=Tone.ERROR,
    ),
    "failed": lambda: state(Failed(code="disk_full", ends_ms=LONG_MS), tone=Tone.ERROR),
    **{
        f"refused_{reason.value}": lambda reason=reason: state(  # type: ignore[misc]
            _refused(reason), tone=Tone.ERROR
        )
        for reason in Refusal
    },
}
