-- From where an entry was written, which form its hash has, and what is known of checks of the chain.

-- The address that a request came from. Hashes of form 2 cover it; older entries have none.
alter table journal.entry add column address text;

-- What the hash covers (chain.py). Entries that were sealed before this keep form 1.
alter table journal.seal add column form smallint not null default 1;

-- The newest checkpoint that was written outside the database: when a file is cut, this still knows.
create table journal.checkpoint (
    only_row boolean primary key default true check (only_row),
    number   bigint not null,
    line     bytea not null  -- SHA-256 of the line
);

-- An index to the newest redaction of an entry. The truth is the sealed entry that it points to.
create table journal.redaction (
    position bigint primary key,
    at       timestamptz not null,  -- at and seq: the entry of kind system.redacted
    seq      bigint not null
);

-- Redaction is the one change that the journal knows: the transaction says that it means it, and
-- verification finds every change that no sealed entry commits to.
create or replace function journal.refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and tg_table_name like 'entry%' and tg_level = 'ROW'
       and current_setting('genba.redacting', true) = 'on' then
        return new;
    end if;
    raise exception 'the journal is append-only: % on %.% is refused',
        tg_op, tg_table_schema, tg_table_name
        using errcode = 'object_not_in_prerequisite_state';
end
$$;

-- Checks of the chain, the scheduled and the asked for; `state`: running, sound, faulty, failed.
create table journal.verification (
    id            uuid primary key,
    asked_by      text not null,
    whole         boolean not null,
    state         text not null default 'waiting'
                       check (state in ('waiting', 'running', 'sound', 'faulty', 'failed')),
    asked_at      timestamptz not null default clock_timestamp(),
    ended_at      timestamptz,
    from_position bigint not null default 0,
    position      bigint not null default 0,  -- how far it has come
    upto          bigint not null default 0,
    hash          bytea,                      -- of the entry at `position`, at the end
    checkpoints   bigint not null default 0,
    redacted      bigint not null default 0,
    fault_count   bigint not null default 0,
    faults        json not null default '[]'  -- the first of them
);
create index verification_by_time on journal.verification (asked_at desc);
