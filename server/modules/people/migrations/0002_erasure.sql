-- A person can be erased: the row stays under a pseudonym, and the journal is redacted afterwards.
alter table people.person add column erased_at timestamptz;

-- `handles` names the person, so it is emptied as soon as the journal is redacted.
create table people.erasure (
    person      uuid        primary key references people.person (id),
    handles     json        not null,
    code        text        not null,
    name        text        not null,
    asked_by    text        not null,
    asked_at    timestamptz not null default now(),
    redacted_at timestamptz
);
