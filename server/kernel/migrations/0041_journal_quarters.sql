-- Quarters instead of months: each search by subject, kind, actor or module asks every partition's index.
do $$
declare
    part text;
    used boolean;
begin
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'journal.entry'::regclass and c.relname ~ '^entry_\d{4}_\d{2}$'
    loop
        execute format('select exists (select from journal.%I)', part) into used;
        if not used then
            execute format('drop table journal.%I', part);
        end if;
    end loop;
end
$$;

-- Makes the quarterly partitions (UTC) from this quarter to that of `months` ahead; returns how many
-- were new. A quarter that already has rows in the default partition (the clock had been wrong), or
-- in a partition of one month, goes on in the default partition.
create or replace function journal.ensure_partitions(months integer)
returns integer language plpgsql as $$
declare
    today timestamp := now() at time zone 'UTC';
    first timestamp;
    made integer := 0;
    low timestamptz;
    high timestamptz;
    part text;
begin
    for first in
        select generate_series(
            date_trunc('quarter', today), today + make_interval(months => months), '3 months'
        )
    loop
        low := first at time zone 'UTC';
        high := (first + interval '3 months') at time zone 'UTC';
        part := 'entry_' || to_char(first, 'YYYY"q"Q');
        continue when to_regclass('journal.' || part) is not null;
        continue when exists (
            select from journal.entry_default where at >= low and at < high
        );
        continue when exists (
            select from generate_series(first, first + interval '2 months', '1 month') as month
             where to_regclass('journal.entry_' || to_char(month, 'YYYY_MM')) is not null
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
