-- The journal: what happened, written once, put in one order, and provably unchanged since.
create schema journal;

-- One row for each time that this history moved to another Postgres cluster or timeline. Transaction
-- ids start again there, and what was sealed elsewhere after the copy was taken is not part of it.
create table journal.epoch (
    number integer primary key,
    id uuid not null unique,
    system_identifier bigint not null,
    timeline integer not null,
    started_at timestamptz not null default clock_timestamp(),
    first_position bigint not null
);

-- `xid` is only comparable between entries of one `origin` (system identifier of the cluster).
-- `body` is json, not jsonb: its text is what was hashed.
create table journal.entry (
    at timestamptz not null default clock_timestamp(),
    seq bigint not null generated always as identity,
    origin bigint not null,
    xid xid8 not null default pg_current_xact_id(),
    id uuid not null,
    actor text not null,
    device text,
    module text not null,
    kind text not null,
    subject text not null,
    body json not null,
    primary key (at, seq)
) partition by range (at);

-- The sealer looks for what follows the last sealed entry.
create index entry_by_transaction on journal.entry (origin, xid, seq);
create index entry_by_subject on journal.entry (subject, seq);
create index entry_by_kind on journal.entry (kind, seq);

create table journal.entry_default partition of journal.entry default;

-- The place of an entry in the one order, and the chain of hashes up to it. Insert only.
create table journal.seal (
    position bigint primary key,
    epoch integer not null references journal.epoch (number),
    at timestamptz not null,
    seq bigint not null,
    hash bytea not null
);

-- An entry is sealed once, whatever happens to the sealer.
create unique index seal_of_entry on journal.seal (seq);

-- Where the sealer stands: one row, locked and advanced in the transaction that seals.
create table journal.sealed (
    only_row boolean primary key default true check (only_row),
    epoch integer not null references journal.epoch (number),
    origin bigint not null,
    xid xid8 not null,
    seq bigint not null,
    position bigint not null,
    hash bytea not null
);

-- How far each reaction has come; advanced in the transaction of what it did.
create table journal.reader (
    name text primary key,
    position bigint not null,
    moved_at timestamptz not null default clock_timestamp()
);

create function journal.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only: % on %.% is refused',
        tg_op, tg_table_schema, tg_table_name
        using errcode = 'object_not_in_prerequisite_state';
end
$$;

create trigger entry_append_only before update or delete on journal.entry
    for each row execute function journal.refuse_change();
create trigger entry_no_truncate before truncate on journal.entry
    for each statement execute function journal.refuse_change();
create trigger entry_no_truncate before truncate on journal.entry_default
    for each statement execute function journal.refuse_change();
create trigger seal_append_only before update or delete or truncate on journal.seal
    for each statement execute function journal.refuse_change();
create trigger epoch_append_only before update or delete or truncate on journal.epoch
    for each statement execute function journal.refuse_change();

-- Makes the monthly partitions (UTC) from this month to `months` ahead; returns how many were new.
-- A month that already has rows in the default partition (the clock had been wrong) stays there.
create function journal.ensure_partitions(months integer) returns integer language plpgsql as $$
declare
    first timestamp := date_trunc('month', now() at time zone 'UTC');
    made integer := 0;
    low timestamptz;
    high timestamptz;
    part text;
begin
    for ahead in 0 .. months loop
        low := (first + make_interval(months => ahead)) at time zone 'UTC';
        high := (first + make_interval(months => ahead + 1)) at time zone 'UTC';
        part := 'entry_' || to_char(low at time zone 'UTC', 'YYYY_MM');
        continue when to_regclass('journal.' || part) is not null;
        continue when exists (
            select from journal.entry_default where at >= low and at < high
        );
        execute format(
            'create table journal.%I partition of journal.entry for values from (%L) to (%L)',
            part, low, high
        );
        execute format(
            'create trigger entry_no_truncate before truncate on journal.%I'
            ' for each statement execute function journal.refuse_change()',
            part
        );
        made := made + 1;
    end loop;
    return made;
end
$$;

select journal.ensure_partitions(3);

insert into journal.epoch (number, id, system_identifier, timeline, first_position)
select 1, gen_random_uuid(), system_identifier,
       ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer, 1
  from pg_control_system();

insert into journal.sealed (epoch, origin, xid, seq, position, hash)
select 1, system_identifier, '0', 0, 0, sha256(convert_to(id::text, 'UTF8'))
  from journal.epoch;
