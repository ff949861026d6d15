"""A plausible Japanese workshop: 60 people, 300 items, a month of loans.

Everything goes the way that real data goes: people and items by the services that the admin pages
use, loans as a kiosk's facts. The same seed makes the same workshop; only the dates follow today.
"""

import argparse
import asyncio
import random
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from contract.cards import CardUid, Technology
from contract.facts import Borrowed, CardUnknown, Fact, FactBody, Returned
from contract.ids import AgentId, BootId, EventId, ItemId, LoanId, PersonId, new_id
from contract.moment import Clock, Moment
from contract.proof import KEY_BYTES
from server.kernel.auth import EVERYTHING, Principal
from server.kernel.database import Connection, Database
from server.kernel.journal import Journal
from server.modules.accounts import store, store_factors
from server.modules.accounts.factor_model import Whom
from server.modules.accounts.model import AccountDraft, RoleId
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.rules import SessionPolicy
from server.modules.accounts.service import Accounts
from server.modules.accounts.sign_in import SignIns
from server.modules.devices.facts import ReceivedFact
from server.modules.devices.service import Devices
from server.modules.loans.facts import FactKeeper
from server.modules.loans.model import CategoryDraft, ItemChange, ItemDraft, ItemStatusChoice
from server.modules.loans.service import Loans
from server.modules.loans.tags import Tags
from server.modules.people.model import CardDraft, PersonDraft, StatusChoice
from server.modules.people.service import People

SEED = 20_260_401
TOKYO = ZoneInfo("Asia/Tokyo")
ACTOR = "system:sample-data"
LOADER = Principal(ACTOR, "", frozenset({EVERYTHING}))
DAYS = 30
BATCH = 500

SURNAMES = [
    "佐藤:さとう",
    "鈴木:すずき",
    "高橋:たかはし",
    "田中:たなか",
    "伊藤:いとう",
    "渡辺:わたなべ",
    "山本:やまもと",
    "中村:なかむら",
    "小林:こばやし",
    "加藤:かとう",
    "吉田:よしだ",
    "山田:やまだ",
    "佐々木:ささき",
    "山口:やまぐち",
    "松本:まつもと",
    "井上:いのうえ",
    "木村:きむら",
    "林:はやし",
    "斎藤:さいとう",
    "清水:しみず",
    "山崎:やまざき",
    "森:もり",
    "池田:いけだ",
    "橋本:はしもと",
    "阿部:あべ",
    "石川:いしかわ",
    "前田:まえだ",
    "藤田:ふじた",
    "後藤:ごとう",
    "長谷川:はせがわ",
]
GIVEN = [
    "健太:けんた",
    "翔:しょう",
    "大輔:だいすけ",
    "拓也:たくや",
    "直樹:なおき",
    "修:おさむ",
    "誠:まこと",
    "隆:たかし",
    "浩二:こうじ",
    "和也:かずや",
    "美咲:みさき",
    "陽子:ようこ",
    "由美:ゆみ",
    "真由美:まゆみ",
    "恵:めぐみ",
    "久美子:くみこ",
    "亮:りょう",
    "悠斗:ゆうと",
    "蓮:れん",
    "結衣:ゆい",
]
DEPARTMENTS = (
    ("製造部", "製造一課", 18),
    ("製造部", "製造二課", 15),
    ("保全部", "設備保全課", 10),
    ("品質保証部", "検査課", 8),
    ("物流部", "出荷課", 6),
    ("生産技術部", "工機課", 3),
)
CATEGORIES = (
    # name, English, days a loan may last, prefix of the code, place
    ("手工具", "Hand tools", 7, "HT", "工具室 A棚"),
    ("電動工具", "Power tools", 3, "PT", "工具室 B棚"),
    ("測定器", "Measuring instruments", 1, "MI", "測定室"),
    ("吊り具", "Lifting gear", 1, "LG", "吊り具置場"),
    ("脚立・台車", "Ladders and carts", 1, "LC", "搬入口"),
    ("安全用品", "Safety gear", 14, "SG", "安全用品庫"),
)
ACCOUNTS = (
    ("demo", "デモ管理者", RoleId("admin")),
    ("hancho", "工具室 班長", RoleId("manager")),
    ("kansa", "監査 担当", RoleId("viewer")),
)
# Who can sign in at a kiosk, with the first person's card.
KIOSK_LOGIN, KIOSK_PIN = "hancho", "294017"
ITEMS = {
    "手工具": (
        "トルクレンチ 25N·m:10 トルクレンチ 100N·m:8 モンキーレンチ 300mm:10 "
        "ソケットレンチセット:10 六角レンチセット:9 パイプレンチ 450mm:6 "
        "プラスドライバー 2番:9 ニッパー:10 ペンチ:10 ハンマー 1ポンド:8 ベアリングプーラー:4"
    ),
    "電動工具": (
        "インパクトドライバー 18V:9 電動ドリル 14.4V:8 ディスクグラインダー 100mm:10 "
        "ハンマードリル:5 ジグソー:4 丸のこ 165mm:4 ヒートガン:5 コードリール 30m:8 "
        "ハンドクリーナー:4"
    ),
    "測定器": (
        "ノギス 150mm:14 デジタルノギス 200mm:8 マイクロメータ 0-25mm:10 "
        "マイクロメータ 25-50mm:6 ダイヤルゲージ:8 ハイトゲージ 300mm:4 デジタルテスター:8 "
        "絶縁抵抗計:4 騒音計:2 照度計:2 レーザー距離計:4 水準器 600mm:6"
    ),
    "吊り具": (
        "チェーンブロック 1t:6 レバーブロック 0.8t:6 シャックル 2t:6 ナイロンスリング 3m:8 "
        "ワイヤロープ 6mm 4m:6"
    ),
    "脚立・台車": "脚立 1.8m:6 はしご 4m:3 平台車:6 ハンドリフト 1.5t:3",
    "安全用品": "フルハーネス:10 送風機:3 ガス検知器:4 投光器 LED:6",
}


@dataclass(frozen=True)
class Tool:
    """An item that can be tapped."""

    id: ItemId
    card: CardUid
    days: int


class Workshop:
    """Loads the sample, one transaction a step."""

    def __init__(self, database: Database) -> None:
        journal = Journal(database)
        tags = Tags()
        self._database = database
        self._people = People(journal, tags)
        self._facts = FactKeeper(journal)
        self._loans = Loans(journal, self._people, self._facts)
        self._devices = Devices(journal)
        self._passwords = Passwords()
        self._accounts = Accounts(journal, SignIns(journal, self._passwords, SessionPolicy()))
        self._random = random.Random(SEED)
        self._staff: list[tuple[PersonId, CardUid]] = []
        self._tools: list[Tool] = []

    async def load(self) -> None:
        """Load everything, saying what is done. Raises asyncpg's errors."""
        async with self._database.connection() as connection:
            if await connection.fetchval("select exists (select from loans.item)"):
                print("There is data already: nothing is loaded.")
                return
        await self._database.run(self._load_people)
        print(f"  {len(self._staff)} people with their cards")
        await self._database.run(self._load_items)
        print(f"  {len(self._tools)} items with their tags")
        await self._database.run(self._load_accounts)
        counter, door = await self._database.run(self._load_agents)
        facts = list(self._history(counter, door))
        for start in range(0, len(facts), BATCH):
            batch = facts[start : start + BATCH]

            async def apply(connection: Connection, batch: list[ReceivedFact] = batch) -> None:
                await self._facts.apply(connection, batch)

            await self._database.run(apply)
        print(f"  {len(facts)} taps of the last {DAYS} days")
        await self._database.run(self._load_oddities)

    async def _load_people(self, connection: Connection) -> None:
        pairs = [(s, g) for s in SURNAMES for g in GIVEN]
        self._random.shuffle(pairs)
        places = [(dept, section) for dept, section, size in DEPARTMENTS for _ in range(size)]
        for number, (department, section) in enumerate(places):
            (surname, given) = pairs[number]
            (family, family_kana), (name, name_kana) = surname.split(":"), given.split(":")
            person = await self._people.create(
                connection,
                ACTOR,
                PersonDraft(
                    code=f"{1001 + number}",
                    name=f"{family} {name}",
                    reading=f"{family_kana} {name_kana}",
                    department=department,
                    section=section,
                    status=StatusChoice.LEFT if number == 59 else StatusChoice.ACTIVE,
                ),
            )
            # Employee cards here are FeliCa: an IDm of 8 bytes.
            uid = CardUid(f"0114{self._random.getrandbits(48):012X}")
            await self._people.register_card(
                connection,
                ACTOR,
                CardDraft(uid=uid, technology=Technology.FELICA, person=person.id),
            )
            self._staff.append((person.id, uid))

    async def _load_accounts(self, connection: Connection) -> None:
        """Who may sign in: by a link, since nobody has a password; one with card and PIN too."""
        await self._accounts.seed(connection, ())
        await store_factors.set_policy(connection, Whom.NOBODY)  # a demonstration nags nobody
        for login, name, role in ACCOUNTS:
            person = self._staff[0][0] if login == KIOSK_LOGIN else None
            draft = AccountDraft(login=login, name=name, roles=(role,), person=person)
            made, _ = await self._accounts.create(connection, LOADER, draft)
            if person is not None:
                await store.set_pin(connection, made.id, await self._passwords.hash(KIOSK_PIN))

    async def _load_items(self, connection: Connection) -> None:
        for name, english, days, prefix, place in CATEGORIES:
            draft = CategoryDraft(name=name, name_en=english, loan_days=days)
            category = await self._loans.create_category(connection, ACTOR, draft)
            number = 0
            for kind, count in _kinds(ITEMS[name]):
                for _ in range(count):
                    number += 1
                    item = await self._loans.create_item(
                        connection,
                        ACTOR,
                        ItemDraft(
                            code=f"{prefix}-{number:03}",
                            name=kind,
                            category=category.id,
                            place=place,
                        ),
                    )
                    uid = CardUid(f"04{self._random.getrandbits(40):010X}80")
                    await self._people.register_card(
                        connection,
                        ACTOR,
                        CardDraft(uid=uid, technology=Technology.ISO14443A, item=item.id),
                    )
                    self._tools.append(Tool(item.id, uid, days))

    async def _load_agents(self, connection: Connection) -> tuple[AgentId, AgentId]:
        """Return the counter's agent, enrolled before if there is one, and that of another door."""
        rows = await connection.fetch("select id from devices.agent order by enrolled_at limit 1")
        agents = [AgentId(row["id"]) for row in rows]
        names = (("工具室カウンター", "第一工場 1F"), ("測定室入口", "第一工場 2F"))
        for name, place in names[len(agents) :]:
            # A kiosk of the past month: nobody holds its key.
            key = secrets.token_bytes(KEY_BYTES)
            agents.append(await self._devices.add(connection, ACTOR, name, place, key))
        return agents[0], agents[1]

    def _history(self, counter: AgentId, door: AgentId) -> Iterator[ReceivedFact]:
        """Yield the taps of a month in order of time."""
        now = datetime.now(UTC)
        planned: list[tuple[datetime, int, AgentId, FactBody, EventId]] = []
        free_at: dict[ItemId, datetime] = {}
        for back in range(DAYS, -1, -1):
            day = (now - timedelta(days=back)).astimezone(TOKYO).replace(minute=0, second=0)
            taps = self._random.randint(28, 46) if day.weekday() < 5 else self._random.randint(0, 5)
            for _ in range(taps):
                start = day.replace(hour=8) + timedelta(seconds=self._random.randint(0, 9 * 3600))
                tool = self._random.choice(self._tools)
                if start > now or free_at.get(tool.id, start) > start:
                    continue
                person, card = self._random.choice(self._staff[:59])
                agent = counter if self._random.random() < 0.8 else door
                # Most come back the same day, some late: then they show as overdue.
                hours = self._random.lognormvariate(1.1, 0.9)
                if tool.days >= 7 and self._random.random() < 0.2:
                    hours = self._random.uniform(24, tool.days * 24)
                if self._random.random() < 0.015:
                    hours = tool.days * 24 + self._random.randint(10, 400)
                end = start + timedelta(hours=hours)
                free_at[tool.id] = end + timedelta(minutes=5)
                loan = EventId(new_id())
                borrowed = Borrowed(tool.id, person, tool.card, card)
                planned.append((start, len(planned), agent, borrowed, loan))
                if end < now:
                    back_again = Returned(tool.id, LoanId(loan))
                    planned.append((end, len(planned), agent, back_again, EventId(new_id())))
        for at, _, agent, body, fact in sorted(planned, key=lambda each: each[:2]):
            yield _received(fact, at, agent, body)

    async def _load_oddities(self, connection: Connection) -> None:
        """What an admin has to look at: an unknown card, a conflict, tools under repair."""
        agents = await connection.fetch("select id from devices.agent order by enrolled_at")
        counter, door = AgentId(agents[0]["id"]), AgentId(agents[1]["id"])
        now = datetime.now(UTC)
        out = {
            row["item"]
            for row in await connection.fetch("select item from loans.loan where state = 'open'")
        }
        free = [tool for tool in self._tools if tool.id not in out]
        disputed, *repaired = self._random.sample(free, 5)
        (first, _), (second, _) = self._staff[3], self._staff[21]
        facts: list[tuple[AgentId, datetime, FactBody]] = [
            (counter, now - timedelta(minutes=50), Borrowed(disputed.id, first)),
            (door, now - timedelta(minutes=20), Borrowed(disputed.id, second)),
            (counter, now - timedelta(hours=2), CardUnknown(CardUid("04D3A1527C1190"))),
            (door, now - timedelta(hours=5), CardUnknown(CardUid("08F1A203"))),
        ]
        await self._facts.apply(
            connection,
            [_received(EventId(new_id()), at, agent, body) for agent, at, body in facts],
        )
        for tool in repaired:
            item = await self._loans.item(connection, tool.id)
            change = ItemChange(status=ItemStatusChoice.MAINTENANCE, notes="点検中")
            await self._loans.change_item(connection, ACTOR, item.id, change, item.version)


def _kinds(text: str) -> Iterator[tuple[str, int]]:
    """Yield (name, count) from `name:count name:count`; names may hold blanks."""
    name: list[str] = []
    for word in text.split():
        last, colon, count = word.partition(":")
        name.append(last)
        if colon:
            yield " ".join(name), int(count)
            name = []


def _received(fact: EventId, at: datetime, agent: AgentId, body: FactBody) -> ReceivedFact:
    moment = Moment(BootId("sample"), 0, int(at.timestamp() * 1_000_000), Clock.KNOWN)
    return ReceivedFact(Fact(fact, 0, moment, body), agent, at, True)


async def load(dsn: str) -> None:
    """Load the sample into a migrated database, unless it has items already."""
    async with Database.open(dsn) as database:
        await Workshop(database).load()


def main() -> int:
    """Command line: `python -m scripts.sample_data DSN`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dsn", help="where the database is, e.g. postgresql://...")
    asyncio.run(load(parser.parse_args().dsn))
    return 0


if __name__ == "__main__":
    sys.exit(main())
