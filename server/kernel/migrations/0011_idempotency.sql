-- Answers to POSTs with an Idempotency-Key, written in the transaction of their effect.
create table kernel.idempotency (
    actor   text        not null,
    key     text        not null check (length(key) between 1 and 255),
    request bytea       not null,
    status  smallint,
    answer  bytea,
    headers json,
    at      timestamptz not null default now(),
    primary key (actor, key)
);
create index idempotency_at on kernel.idempotency (at);
