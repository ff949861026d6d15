-- Agents, and the one-time tokens with which they are enrolled.
create schema devices;

create table devices.agent (
    id           uuid        primary key,
    name         text        not null check (name <> ''),
    place        text        not null default '',
    -- SHA-256 of the agent's key, which is 256 random bits.
    key_hash     bytea       not null constraint agent_key unique check (octet_length(key_hash) = 32),
    enrolled_at  timestamptz not null default now(),
    revoked_at   timestamptz,
    last_seen_at timestamptz,
    connected    boolean     not null default false,
    version      text        not null default '',
    -- The last heartbeat as AgentStatus (model.py).
    status       json        not null default '{}',
    row_version  integer     not null default 1
);
-- The name of a lost agent is free for the one that replaces it.
create unique index agent_name on devices.agent (name) where revoked_at is null;

create table devices.enrolment (
    token_hash bytea       primary key check (octet_length(token_hash) = 32),
    name       text        not null check (name <> ''),
    place      text        not null default '',
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz,
    agent      uuid        references devices.agent (id)
);
