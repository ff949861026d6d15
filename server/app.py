"""The composition root: every part of the server, in the order in which it is built."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.ids import AgentId
from server.front_door import api as front_door_api
from server.front_door.admin_api import AdminApi
from server.front_door.announcement import Announcement, Place
from server.front_door.keeper import FrontDoor
from server.front_door.plan import Door
from server.kernel.auth import Credential, Principal
from server.kernel.checkpointing import Checkpoints
from server.kernel.database import Connection, Database
from server.kernel.http import Route
from server.kernel.i18n import Catalogues
from server.kernel.jobs import Jobs, kernel_jobs
from server.kernel.journal import Journal
from server.kernel.limits import Policy
from server.kernel.live import Hub
from server.kernel.live_limits import LiveLimits
from server.kernel.mail import Mailer
from server.kernel.module import Check, Module, Site, check_modules
from server.kernel.naming import Naming
from server.kernel.retention import retention_job
from server.kernel.sealer import Sealer
from server.kernel.secrets import Secrets
from server.kernel.services import Service, Services
from server.kernel.site import SiteKeeper
from server.modules.accounts import plug as accounts_plug
from server.modules.accounts.access_tokens import AccessTokens
from server.modules.accounts.apps import Apps
from server.modules.accounts.breached import BreachedPasswords
from server.modules.accounts.clients import Clients
from server.modules.accounts.events import RIGHTS_KINDS
from server.modules.accounts.factors import Factors
from server.modules.accounts.first_run import FirstRun
from server.modules.accounts.forgotten import SEND, PasswordMail
from server.modules.accounts.identities import Identities
from server.modules.accounts.kiosk_sign_in import KioskSignIns
from server.modules.accounts.own import Own
from server.modules.accounts.own_factors import FactorKeeper
from server.modules.accounts.passkeys import PasskeyKeeper
from server.modules.accounts.password_sign_in import PasswordSignIns
from server.modules.accounts.passwords import Passwords
from server.modules.accounts.rules import SessionPolicy
from server.modules.accounts.service import Accounts
from server.modules.accounts.sign_in import SignIns
from server.modules.accounts.token_keys import TokenKeys
from server.modules.accounts.tokens import TokenKeeper
from server.modules.devices import plug as devices_plug
from server.modules.devices.enrolment import Enrolments
from server.modules.devices.feed import ReplicaFeed
from server.modules.devices.greeting import Greeter, Refusals
from server.modules.devices.identity import SiteIdentity
from server.modules.devices.intake import Intake
from server.modules.devices.link import Link
from server.modules.devices.pacing import Pacing
from server.modules.devices.pairing import Pairings
from server.modules.devices.revocations import Revocations
from server.modules.devices.service import Devices
from server.modules.loans import plug as loans_plug
from server.modules.loans.facts import FactKeeper
from server.modules.loans.replica import LoanReplica
from server.modules.loans.service import Loans
from server.modules.loans.tags import Tags
from server.modules.people import plug as people_plug
from server.modules.people.events import PERSON_ERASED
from server.modules.people.privacy import Privacy
from server.modules.people.service import People
from server.modules.system import plug as system_plug
from server.modules.system.audit import Auditor
from server.modules.system.checks import Doctor, system_checks
from server.modules.system.meters import HttpMeter, LoopMeter
from server.modules.system.metrics import Metrics
from server.settings import Settings, breached_file, mail_relay
from server.state import checkpointing, keys


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the server consists of, built and not yet running."""

    modules: Sequence[Module]
    routes: Mapping[str, Sequence[Route]]
    services: Services
    hub: Hub
    link: Link
    http: HttpMeter
    site: SiteKeeper
    identity: SiteIdentity
    enrolments: Enrolments
    accounts: Accounts
    first_run: FirstRun
    journal: Journal
    checkpoints: Checkpoints
    front_door: FrontDoor | None
    token_keys: TokenKeys
    identities: Identities
    factors: FactorKeeper


def assemble(settings: Settings, database: Database, texts: Catalogues) -> Parts:
    """Build every part; nothing is opened, run or asked.

    Raises ModuleError when two modules disagree.
    """
    journal = Journal(database)
    default = Site(settings.site.name, settings.site.zone, settings.site.language)
    site = SiteKeeper(database, journal, default)
    sealer = Sealer(database)
    secrets = keys(settings)
    checkpoints = checkpointing(settings, database, secrets)

    people = People(journal, Tags())
    passwords = Passwords(BreachedPasswords(breached_file(settings)))
    sign_ins = SignIns(journal, passwords, SessionPolicy())
    factors = Factors(secrets)
    by_password = PasswordSignIns(sign_ins, passwords, factors)
    kiosks = KioskSignIns(database, journal, sign_ins, passwords, people)
    token_keys = TokenKeys(Path(settings.state.folder) / "keys")
    access_tokens = AccessTokens(token_keys, lambda: site.site)
    identities = Identities(access_tokens)
    clients = Clients(journal, access_tokens)
    apps = Apps(journal, sign_ins, access_tokens)
    accounts = Accounts(journal, sign_ins)
    first_run = FirstRun(journal, site, sign_ins, passwords)
    own = Own(journal, sign_ins, by_password, passwords)
    factor_keeper = FactorKeeper(journal, sign_ins, own, factors)
    front_door = _front_door(settings)
    identity = SiteIdentity(
        Secrets(Path(settings.state.folder) / "keys"),
        site_ca(front_door),
    )
    passkeys = PasskeyKeeper(journal, sign_ins, own)
    tokens = TokenKeeper(journal, accounts, sign_ins)

    async def mail_later(connection: Connection, payload: bytes, once: str) -> None:
        await jobs.enqueue(connection, SEND, payload, once=once)

    relay = mail_relay(settings)
    mailer = Mailer(relay) if relay else None
    mail = PasswordMail(journal, texts, site, mailer, settings.site.url, mail_later)
    devices = Devices(journal)
    enrolments = Enrolments(journal, devices, identity)
    pairings = Pairings(journal, devices, identity, lambda: site.site.name)
    facts = FactKeeper(journal)
    loans = Loans(journal, people, facts)
    intake = Intake(database, journal, facts)
    feed = ReplicaFeed(database, journal, LoanReplica(people))
    greeter = Greeter(database, identity, Refusals(database, journal))
    limits = settings.limits
    pacing = Pacing(Policy("link", limits.link_rows_per_minute) if limits.enabled else None)
    link = Link(
        database,
        devices,
        intake,
        feed,
        greeter,
        pacing,
        lambda: site.site.name,
        kiosks.answer,
    )

    async def key_lost(agent: AgentId) -> None:
        await link.recheck(agent)
        await kiosks.end(agent)

    revocations = Revocations(database, journal, key_lost)
    jobs: Jobs
    domains: list[Module]

    async def enqueue(connection: Connection, name: str, payload: bytes) -> None:
        await jobs.enqueue(connection, name, payload)

    privacy = Privacy(
        journal,
        texts,
        lambda: [module.personal for module in domains if module.personal],
        lambda: site.site.language,
        enqueue,
    )
    enrolment_days = settings.retention.enrolment_days
    domains = [
        people_plug.setup(people, privacy),
        accounts_plug.setup(
            site,
            accounts,
            sign_ins,
            by_password,
            kiosks,
            first_run,
            own,
            clients,
            apps,
            passkeys,
            factor_keeper,
            tokens,
            mail,
        ),
        devices_plug.setup(
            devices,
            enrolments,
            pairings,
            intake,
            feed,
            revocations,
            enrolment_days=enrolment_days,
        ),
        loans_plug.setup(loans, people, lambda: site.site.zone),
    ]

    hub: Hub
    services: Services
    loop, http = LoopMeter(), HttpMeter()
    auditor = Auditor(checkpoints, secrets, enqueue)
    naming = Naming(m.names for m in domains if m.names)
    checks = [
        *system_checks(database, loop, lambda: services.down),
        Check("tampering", auditor.tampering),
        Check("checkpoints", auditor.checkpointing),
    ]
    announcement = _announcement(settings, lambda: site.site)
    checks += [part.check() for part in (front_door, announcement) if part is not None]
    doctor = Doctor(texts, [*checks, *(check for m in domains for check in m.checks)])
    metrics = Metrics(
        database=database,
        http=http,
        loop=loop,
        live_sockets=lambda: hub.sockets,
        restarts=lambda: services.restarts,
        gauges=[gauge for m in domains for gauge in m.gauges],
    )
    system = system_plug.setup(journal, doctor, metrics, loop, checks, naming, auditor)
    modules = [*domains, system]
    check_modules(modules)

    async def still_valid(principal: Principal, credential: Credential) -> bool:
        async with database.connection() as connection:
            background = replace(credential, background=True)
            return await identities.identify(connection, background) == principal

    hub = Hub(
        journal,
        [feed for m in modules for feed in m.feeds],
        still_valid,
        recheck_on=RIGHTS_KINDS | {PERSON_ERASED},
        limits=LiveLimits(limits.live_sockets_per_address, limits.live_messages_per_second)
        if limits.enabled
        else None,
    )
    retention = retention_job(idempotency_hours=settings.retention.idempotency_hours)
    jobs = Jobs(database, [*kernel_jobs(), retention, *(job for m in modules for job in m.jobs)])
    services = Services(
        [
            Service("sealer", sealer.run),
            Service("journal-tail", journal.tail.run),
            Service("checkpoints", checkpoints.run),
            Service("live", hub.run),
            Service("site", site.run),
            Service("jobs", jobs.run),
            *([Service("front-door", front_door.run)] if front_door else []),
            *([Service("discovery", announcement.run)] if announcement else []),
            *(service for m in modules for service in m.services),
        ]
    )
    authority = front_door_api.routes(lambda: front_door.authority if front_door else None)
    routes = {**{m.name: m.routes for m in modules}, "front-door": authority}
    return Parts(
        modules=modules,
        routes=routes,
        services=services,
        hub=hub,
        link=link,
        http=http,
        site=site,
        identity=identity,
        enrolments=enrolments,
        accounts=accounts,
        first_run=first_run,
        journal=journal,
        checkpoints=checkpoints,
        front_door=front_door,
        token_keys=token_keys,
        identities=identities,
        factors=factor_keeper,
    )


def site_ca(front_door: FrontDoor | None) -> Callable[[], str | None]:
    """Return what tells the PEM of the CA that signs the site's certificates; empty without TLS."""
    return front_door.authority_pem if front_door else lambda: ""


def _front_door(settings: Settings) -> FrontDoor | None:
    wanted = settings.front_door
    if not wanted.enabled:
        return None
    host = f"[{settings.http.host}]" if ":" in settings.http.host else settings.http.host
    door = Door(
        names=[f"{wanted.host}.local", *wanted.names],
        upstream=f"{host}:{settings.http.port}",
        public_name=wanted.public_name,
        https_port=wanted.https_port,
        http_port=wanted.http_port,
    )
    return FrontDoor(door, AdminApi(wanted.admin))


def _announcement(settings: Settings, site: Callable[[], Site]) -> Announcement | None:
    if not settings.discovery.enabled:
        return None
    door = settings.front_door
    place = Place(door.host, door.https_port if door.enabled else settings.http.port, door.enabled)
    return Announcement(place, site, settings.discovery.interfaces, shared=settings.http.share_port)
