-- Passkeys (WebAuthn): public keys that sign an account in, and the challenges that they have to sign.
create table accounts.passkey (
    id         bytea       primary key check (octet_length(id) between 1 and 1023),
    account    uuid        not null references accounts.account (id) on delete cascade,
    name       text        not null check (name <> ''),
    rp         text        not null,  -- the host that it works at: WebAuthn's RP id
    public_key bytea       not null,  -- COSE_Key (RFC 9052)
    sign_count bigint      not null check (sign_count >= 0),
    transports text[]      not null default '{}',
    created_at timestamptz not null default now(),
    used_at    timestamptz,
    version    integer     not null default 1
);
create index passkey_by_account on accounts.passkey (account, created_at);

-- Random bytes that a passkey signs, once. `account` is null where nobody is signed in yet.
create table accounts.challenge (
    hash       bytea       primary key check (octet_length(hash) = 32),
    purpose    text        not null check (purpose in ('registration', 'sign-in', 'confirmation')),
    account    uuid        references accounts.account (id) on delete cascade,
    expires_at timestamptz not null
);
create index challenge_by_expiry on accounts.challenge (expires_at);
