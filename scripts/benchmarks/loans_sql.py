"""SQL that writes a past of loans; how and what for: loans_filler.py."""

from typing import Final

from server.kernel.sealing import HASHED

FUNCTIONS: Final = """
-- The quarters up to this one, as journal.ensure_partitions made them when they came.
create function pg_temp.past_quarters(began timestamptz) returns void language plpgsql as $$
declare
    first timestamp;
    part text;
begin
    for first in select generate_series(
        date_trunc('quarter', began at time zone 'UTC'),
        date_trunc('quarter', now() at time zone 'UTC') - interval '3 months', '3 months')
    loop
        part := 'entry_' || to_char(first, 'YYYY"q"Q');
        execute format(
            'create table journal.%I partition of journal.entry for values from (%L) to (%L)',
            part, first at time zone 'UTC', (first + interval '3 months') at time zone 'UTC');
        execute format(
            'create trigger entry_no_truncate before truncate on journal.%I'
            ' for each statement execute function journal.refuse_change()', part);
    end loop;
end
$$;

-- An id of version 7 that was made at this time.
create function pg_temp.id_of(at timestamptz) returns uuid language sql volatile as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
            || '7' || substr(m, 1, 3) || '8' || substr(m, 4, 15))::uuid
      from md5(random()::text || random()::text) as m
$$;

-- A time as the API and the journal write it.
create function pg_temp.instant(at timestamptz) returns text language sql immutable as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
"""

# As Journal.append writes it, but for `at`.
ENTRY: Final = """
insert into journal.entry (at, origin, id, actor, device, module, kind, subject, body)
select $1, (select system_identifier from pg_control_system()), $2, $3, $4, $5, $6, $7, $8::json
"""

# One row a loan. Each item is lent at an even pace, with some chance in it, and is back before it
# is lent again; a loan that would end after now is open. $1 the past's length; one item in $2 is
# popular and has $3 loans, of the others the first $5 have $4 + 1 and the rest $4; one item in $6
# was lent more than a week ago for the last time, and is still out. One loan in 100 was cancelled.
PLAN: Final = """
create temporary table plan as
with thing as (
    select i.id, i.code, i.name, c.loan_days, n.nth, n.nth % $6 = 7 as kept, random() as phase,
           case when n.nth % $2 = 0 then $3
                else $4 + (n.nth - n.nth / $2 - 1 < $5)::integer end as loans,
           $1::interval - case when n.nth % $6 = 7 then interval '8 days' else '0' end as past
      from loans.item i
      join (select id, (row_number() over (order by code))::integer - 1 as nth from loans.item) n
        on n.id = i.id
      join loans.category c on c.id = i.category
), pace as (
    select t.*, k, past / loans * (k + 0.7 * phase + 0.3 * random()) as gone,
           past / loans * (0.05 + 0.25 * random()) as stay,
           random() as who, random() as fate, random() as desk
      from thing t, generate_series(0, loans - 1) k
), moved as (
    select *, now() - $1::interval + gone as borrowed_at,
           now() - $1::interval + gone + stay as ended_at
      from pace
), person as (
    select id, name, row_number() over (order by code) - 1 as nth, count(*) over () as people
      from people.person
), agent as (
    select id, row_number() over (order by name) - 1 as nth, count(*) over () as agents
      from devices.agent
)
select pg_temp.id_of(borrowed_at) as loan, pg_temp.id_of(ended_at) as end_fact,
       m.id as item, m.code, m.name, p.id as person, p.name as person_name, a.id as agent,
       borrowed_at, ended_at, borrowed_at + make_interval(days => loan_days) as due_at,
       case when ended_at > now() or (kept and k = loans - 1) then 'open'
            when fate < 0.01 then 'cancelled' else 'returned' end as state
  from moved m
  join person p on p.nth = floor(who * p.people)
  join agent a on a.nth = floor(desk * a.agents)
 order by borrowed_at
"""

LOANS: Final = """
insert into loans.loan
       (id, item, person, state, borrowed_at, borrowed_certain, lent_by, due_at, returned_at,
        returned_certain, return_fact, returned_by, cancel_reason)
select loan, item, person, state, borrowed_at, true, agent, due_at,
       case state when 'returned' then ended_at end, true,
       case state when 'returned' then end_fact end, case state when 'returned' then agent end,
       case state when 'cancelled' then '取り違え' else '' end
  from plan order by borrowed_at
"""

ITEMS: Final = """
update loans.item i
   set moved_at = m.moved_at, last_loan = m.last_loan, version = i.version + m.moves
  from (select item, max(case state when 'open' then borrowed_at else ended_at end) as moved_at,
               (array_agg(loan order by borrowed_at desc))[1] as last_loan,
               (count(*) + count(*) filter (where state <> 'open'))::integer as moves
          from plan group by item) m
 where i.id = m.item
"""

# Two seconds pass between a tap and the server's writing of it.
ENTRIES: Final = """
with news as (
    select borrowed_at as at, agent, true as tapped, 'loans.lent' as kind, loan as fact,
           'open' as state, loan, item, code, name, person, person_name, '' as reason
      from plan
    union all
    select ended_at, agent, state = 'returned', 'loans.' || state, end_fact,
           state, loan, item, code, name, person, person_name,
           case state when 'cancelled' then ',"reason":"取り違え"' else '' end
      from plan where state <> 'open'
)
insert into journal.entry (at, origin, id, actor, device, module, kind, subject, body)
select at + interval '2 seconds', (select system_identifier from pg_control_system()),
       pg_temp.id_of(at + interval '2 seconds'),
       case when tapped then 'agent:' || agent else 'token:admin' end,
       case when tapped then agent end, 'loans', kind, item,
       format('{"fact":"%s","loan":"%s","item_code":%s,"item_name":%s,"person":"%s",'
              '"person_name":%s,"state":"%s","at":"%s"%s}',
              fact, loan, to_json(code), to_json(name), person, to_json(person_name), state,
              pg_temp.instant(at), reason)::json
  from news order by at
"""

UNSEALED: Final = f"""
select {HASHED}
  from journal.entry e
 where not exists (select from journal.seal s where s.seq = e.seq)
 order by e.at, e.seq
"""

SEALED: Final = """
update journal.sealed
   set position = $1, hash = $2, xid = pg_snapshot_xmin(pg_current_snapshot())
"""

SOME_BODIES: Final = """
select body from journal.entry where subject in (select id::text from loans.item)
   and kind <> 'loans.item_created' order by at desc limit 1000
"""
