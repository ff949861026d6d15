-- API tokens: only their hash is kept.
create table kernel.token (
    hash        bytea       primary key check (octet_length(hash) = 32),
    name        text        not null check (name <> ''),
    permissions text[]      not null,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz,
    revoked_at  timestamptz
);
