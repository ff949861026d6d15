"""The command line of the server."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from contract.settings_file import SettingsError
from server import commands, commands_audit, commands_follow, commands_secrets
from server.kernel.database import DatabaseUnavailable
from server.kernel.migrations import MigrationError
from server.kernel.problems import Problem
from server.kernel.secrets import SecretError
from server.modules.accounts.model import Purpose
from server.settings import Settings, database_dsn, load, shown

USAGE_EXIT = 2
FAILED_EXIT = 1


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(
        prog="genba-server", description="Genba's server: people, items, loans and agents."
    )
    top.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
    verbs = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verbs.add_parser("serve", help="run the server")
    migrate = verbs.add_parser("migrate", help="bring the database up to this version")
    migrate.add_argument("--dry-run", action="store_true", help="try it, and roll it back")
    verbs.add_parser("setup-link", help="make a link to set the site up")
    for name, what in (("sign-in-link", "sign in"), ("password-link", "choose a password")):
        link = verbs.add_parser(name, help=f"make a link to {what}, once")
        link.add_argument("login", metavar="LOGIN", help="whose account")
    lost = verbs.add_parser("second-factor-remove", help="remove an account's second factors")
    lost.add_argument("login", metavar="LOGIN", help="whose account")
    token = verbs.add_parser("token", help="make a token for the API")
    token.add_argument("name", metavar="NAME", help="whose token it is")
    token.add_argument("--days", type=int, metavar="N", help="how long it is valid (default: ever)")
    enrol = verbs.add_parser("enrol", help="make a one-time token that enrols an agent")
    enrol.add_argument("name", metavar="NAME", help="what the agent is called")
    enrol.add_argument("--place", default="", metavar="P", help="where it stands")
    verbs.add_parser("openapi", help="print the API's description")
    for name, actions in (
        ("audit", ["verify", "public-key", "checkpoint", "follow"]),
        ("journal", ["verify"]),
    ):
        audit = verbs.add_parser(name, help="look after the journal")
        audit.add_argument("action", choices=actions, help="check the chain, print the key, ...")
        audit.add_argument("--checkpoints", type=Path, action="append", metavar="FOLDER")
        audit.add_argument("--position", type=Path, metavar="FILE", help="how far follow came")
        audit.add_argument("--public-key", metavar="KEY", help="who must have signed (hex)")
    secrets = verbs.add_parser("secrets", help="list or replace the server's secrets")
    secret_actions = secrets.add_subparsers(dest="action", required=True, metavar="ACTION")
    secret_actions.add_parser("list", help="print their names and what they are for")
    rotate = secret_actions.add_parser("rotate", help="put a fresh one in place")
    rotate.add_argument("name", metavar="NAME", help="which one")
    rotate.add_argument("--yes", action="store_true", help="do not ask")
    verbs.add_parser("settings", help="print the settings in force, secrets masked")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code (2: the settings or the command line are wrong)."""
    options = parser().parse_args(arguments)
    try:
        settings = load(options.config)
        return _run(options, settings)
    except SettingsError as error:
        print(f"genba-server: {error}", file=sys.stderr)
        return USAGE_EXIT
    except Problem as problem:
        print(f"genba-server: {problem}", file=sys.stderr)
    except DatabaseUnavailable as error:
        print(f"genba-server: the database cannot be reached: {error}", file=sys.stderr)
    except (
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
    ) as error:
        print(
            f"genba-server: the database does not let this account in: {error};"
            " try it as the server's own account: sudo -u genba genba-server ...",
            file=sys.stderr,
        )
    except (commands.CommandFailed, MigrationError, SecretError) as error:
        print(f"genba-server: {error}", file=sys.stderr)
    return FAILED_EXIT


def _run(options: argparse.Namespace, settings: Settings) -> int:
    if options.command == "settings":
        print(shown(settings), end="")
        return 0
    if options.command == "openapi":
        return asyncio.run(commands.openapi())
    if options.command in ("audit", "journal") and options.action == "public-key":
        return commands_audit.public_key(settings)
    if options.command == "secrets" and options.action == "list":
        return commands_secrets.list_secrets(settings)
    dsn = database_dsn(settings)
    match options.command:
        case "serve":
            work = commands.serve(settings, dsn)
        case "migrate":
            work = commands.migrate_database(dsn, dry_run=options.dry_run)
        case "setup-link":
            work = commands.setup_link(settings, dsn)
        case "sign-in-link":
            work = commands.account_link(settings, dsn, options.login, Purpose.SIGNIN)
        case "password-link":
            work = commands.account_link(settings, dsn, options.login, Purpose.PASSWORD)
        case "second-factor-remove":
            work = commands.remove_second_factor(settings, dsn, options.login)
        case "token":
            work = commands.token(dsn, options.name, options.days)
        case "enrol":
            work = commands.enrol(settings, dsn, options.name, options.place)
        case "secrets":
            work = commands_secrets.rotate(settings, dsn, options.name, yes=options.yes)
        case _ if options.action == "follow":
            work = commands_follow.follow(dsn, options.position)
        case _ if options.action == "checkpoint":
            work = commands_audit.checkpoint(settings, dsn)
        case _:
            work = commands_audit.verify(settings, dsn, options.checkpoints, options.public_key)
    return asyncio.run(work)


if __name__ == "__main__":
    sys.exit(main())
