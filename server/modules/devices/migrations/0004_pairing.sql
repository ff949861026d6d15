-- Agents that ask to be paired, and admins who typed wrong codes.
create table devices.pairing (
    id           uuid        primary key,
    -- SHA-256 of the secret with which the agent asks on.
    secret_hash  bytea       not null check (octet_length(secret_hash) = 32),
    agent_key    bytea       not null check (octet_length(agent_key) = 32),
    commitment   bytea       not null check (octet_length(commitment) = 32),
    server_nonce bytea       not null check (octet_length(server_nonce) = 32),
    -- The CA that the agent was told of: the code depends on it.
    ca           text        not null,
    hostname     text        not null,
    version      text        not null,
    address      text        not null,
    state        text        not null default 'begun'
                             check (state in ('begun', 'waiting', 'approved', 'refused')),
    -- From the reveal on, while it waits.
    code         text,
    agent        uuid        references devices.agent (id),
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    check ((state = 'waiting') = (code is not null)),
    check ((state = 'approved') = (agent is not null))
);
create unique index pairing_code on devices.pairing (code);

create table devices.code_failures (
    actor    text        primary key,
    failures integer     not null,
    since    timestamptz not null,
    until    timestamptz
);
