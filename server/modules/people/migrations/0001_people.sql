-- Persons, and every registered card of the site (a card is a person's or an item's, never both).
create schema people;

create table people.person (
    id         uuid        primary key,
    code       text        not null check (code <> ''),
    name       text        not null check (name <> ''),
    reading    text        not null default '',
    department text        not null default '',
    section    text        not null default '',
    status     text        not null default 'active' check (status in ('active', 'suspended', 'left')),
    notes      text        not null default '',
    -- What a search looks in: code, name, reading, department, folded (see text.py).
    folded     text        not null,
    version    integer     not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint person_code unique (code)
);
create index person_by_reading on people.person (reading collate "C", id);

create table people.card (
    uid           text        constraint card_uid primary key check (uid ~ '^([0-9A-F]{2}){4,32}$'),
    technology    text        not null,
    kind          text        not null check (kind in ('person', 'item')),
    person        uuid        references people.person (id),
    blocked_at    timestamptz,
    block_reason  text        not null default '',
    registered_at timestamptz not null default now(),
    check ((kind = 'person') = (person is not null))
);
create index card_by_person on people.card (person) where person is not null;
create index card_by_registration on people.card (registered_at desc, uid);
