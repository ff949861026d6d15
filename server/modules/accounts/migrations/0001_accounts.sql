-- Accounts with their roles, and everything that lets somebody in: sessions, one-time links, lockouts.
create schema accounts;

create table accounts.role (
    id          text    primary key,  -- a built-in role's name, or a UUID
    title       text    not null default '',  -- empty: the catalogues name a built-in role
    builtin     boolean not null,
    permissions text[]  not null default '{}',
    version     integer not null default 1
);

-- Which permissions the built-in roles have been given: what an admin takes away stays away.
create table accounts.seeded_permission (
    name text primary key
);

create table accounts.account (
    id                  uuid        primary key,
    login               text        not null check (login <> ''),
    name                text        not null check (name <> ''),
    -- The person of the site's register whose cards may sign this account in.
    person              uuid        references people.person (id),
    password_hash       text,       -- argon2id, PHC string; null: no password
    password_changed_at timestamptz,
    pin_hash            text,       -- argon2id of the PIN that goes with the person's card
    disabled_at         timestamptz,
    created_at          timestamptz not null default now(),
    signed_in_at        timestamptz,
    version             integer     not null default 1
);
create unique index account_login on accounts.account (lower(login));
create unique index account_person on accounts.account (person) where person is not null;

create table accounts.account_role (
    account uuid not null references accounts.account (id) on delete cascade,
    role    text not null references accounts.role (id),
    primary key (account, role)
);
create index account_role_by_role on accounts.account_role (role);

create table accounts.session (
    id               uuid        primary key,
    hash             bytea       not null constraint session_hash unique check (octet_length(hash) = 32),
    account          uuid        not null references accounts.account (id) on delete cascade,
    kind             text        not null check (kind in ('browser', 'kiosk')),
    method           text        not null,  -- password, passkey, card, link
    created_at       timestamptz not null default now(),
    -- When the person last proved who they are; some operations want that to be recent.
    authenticated_at timestamptz not null default now(),
    seen_at          timestamptz not null default now(),
    ends_at          timestamptz not null,  -- whatever happens
    idle_seconds     integer     not null,
    address          text        not null default '',
    user_agent       text        not null default '',
    revoked_at       timestamptz
);
create index session_by_account on accounts.session (account) where revoked_at is null;

-- A secret that works once: setting the site up, a first or forgotten password, a kiosk's page.
create table accounts.one_time (
    hash       bytea       primary key check (octet_length(hash) = 32),
    purpose    text        not null check (purpose in ('setup', 'password', 'signin', 'kiosk')),
    account    uuid        references accounts.account (id) on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);

-- Failures by what was tried; five within a quarter of an hour lock it for another.
create table accounts.lockout (
    key      text        primary key,
    failures integer     not null,
    since    timestamptz not null,
    until    timestamptz
);
