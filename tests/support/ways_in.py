"""Ways in that the command line makes, without the second that a process of it takes to start."""

from server.kernel.database import Connection, Database
from server.kernel.journal import Journal
from server.modules.accounts import store
from server.modules.accounts.model import Purpose
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.rules import SessionPolicy
from server.modules.accounts.sign_in import SignIns
from server.modules.system.service import System


async def make_token(database: Database, name: str = "tests") -> str:
    """Make a token that may do everything."""
    system = System(Journal(database))

    async def work(connection: Connection) -> str:
        return await system.create_token(connection, "tests", name, days=None)

    return await database.run(work)


async def make_link(database: Database, login: str, purpose: Purpose) -> str:
    """Make a one-time link; returns its path."""
    sign_ins = SignIns(Journal(database), Passwords(), SessionPolicy())

    async def work(connection: Connection) -> str:
        found = await store.account_by_login(connection, login)
        return (await sign_ins.make_link(connection, "tests", found, purpose)).path

    return await database.run(work)
