-- Machines with a secret of their own, and the apps of people with the refresh tokens that they rotate.
create table accounts.client (
    id                text        primary key check (id <> ''),  -- readable, such as robot-7f3k
    name              text        not null check (name <> ''),
    secret_hash       bytea       not null check (octet_length(secret_hash) = 32),
    -- Access tokens carry it: with another secret they are worth nothing.
    secret_id         uuid        not null,
    secret_changed_at timestamptz not null default now(),
    created_at        timestamptz not null default now(),
    created_by        text        not null,  -- an actor
    disabled_at       timestamptz,
    used_at           timestamptz,  -- when it last got an access token, and from where
    address           text        not null default '',
    version           integer     not null default 1
);

create table accounts.client_role (
    client text not null references accounts.client (id) on delete cascade,
    role   text not null references accounts.role (id),
    primary key (client, role)
);
create index client_role_by_role on accounts.client_role (role);

-- All refresh tokens that descend from one that a person made for an app.
create table accounts.family (
    id           uuid        primary key,
    account      uuid        not null references accounts.account (id) on delete cascade,
    name         text        not null check (name <> ''),  -- what the person calls the app
    created_at   timestamptz not null default now(),
    refreshed_at timestamptz not null default now(),
    address      text        not null default '',
    revoked_at   timestamptz,
    reason       text        not null default ''  -- owner, reused, password, disabled, signed_out
);
create index family_by_account on accounts.family (account) where revoked_at is null;

create table accounts.refresh (
    hash       bytea       primary key check (octet_length(hash) = 32),
    family     uuid        not null references accounts.family (id) on delete cascade,
    issued_at  timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz  -- the first time
);
create index refresh_by_family on accounts.refresh (family);
