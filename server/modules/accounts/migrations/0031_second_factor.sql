-- A second factor at sign-in: who must have one, authenticator apps (RFC 6238), recovery codes.
create table accounts.policy (
    only_one      boolean primary key default true check (only_one),
    second_factor text    not null default 'administrators'
                          check (second_factor in ('nobody', 'administrators', 'everybody')),
    version       integer not null default 1
);
insert into accounts.policy default values;

-- Who holds a weighty permission is an administrator to the policy. The server's start writes it.
alter table accounts.seeded_permission
    add column weighty boolean not null default false;

-- Until then a password alone opens everything for who must have a second factor and has none yet.
alter table accounts.account
    add column second_factor_due timestamptz;

-- A session that was opened by a password alone, or by two factors (a passkey is two by itself).
alter table accounts.session
    add column two_factors boolean not null default false;
update accounts.session set two_factors = true where method in ('passkey', 'link');

create table accounts.totp (
    account      uuid        primary key references accounts.account (id) on delete cascade,
    sealed       bytea       not null,  -- the shared secret, encrypted with a key outside the database
    created_at   timestamptz not null default now(),
    confirmed_at timestamptz,           -- null: shown to its owner, and not proved yet
    last_step    bigint      not null default 0  -- the 30 s in which a code was used last: each works once
);

create table accounts.recovery_code (
    hash    bytea       primary key check (octet_length(hash) = 32),
    account uuid        not null references accounts.account (id) on delete cascade,
    used_at timestamptz
);
create index recovery_code_by_account on accounts.recovery_code (account);
