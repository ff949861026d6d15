-- What has arrived over the link: each row once, for life, with the answer it got.
create table devices.queue (
    agent    uuid        not null references devices.agent (id),
    epoch    uuid        not null,
    last_seq bigint      not null default 0,
    holes    bigint      not null default 0,
    began_at timestamptz not null default now(),
    primary key (agent, epoch)
);

create table devices.receipt (
    id          uuid        primary key,
    agent       uuid        not null references devices.agent (id),
    epoch       uuid        not null,
    seq         bigint,  -- null: the row could not be read that far
    status      text        not null check (status in ('applied', 'conflict', 'quarantined')),
    reason      text        not null default '',
    received_at timestamptz not null default now(),
    constraint receipt_seq unique (agent, epoch, seq)
);

create table devices.quarantine (
    id          uuid        primary key,
    agent       uuid        not null references devices.agent (id),
    fact        uuid,
    received_at timestamptz not null default now(),
    reason      text        not null,
    raw         bytea       not null,
    digest      bytea       not null,
    state       text        not null default 'waiting'
                            check (state in ('waiting', 'retried', 'discarded')),
    settled_at  timestamptz,
    settled_by  text        not null default '',
    constraint quarantine_raw unique (agent, digest)
);
create index quarantine_by_time on devices.quarantine (received_at desc, id desc);
