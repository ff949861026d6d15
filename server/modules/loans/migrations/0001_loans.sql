-- Items with their categories and tags, loans, cards nobody knows, and facts that disagree.
create schema loans;

create table loans.category (
    id        uuid    primary key,
    name      text    not null constraint category_name unique check (name <> ''),
    name_en   text    not null default '',
    loan_days integer check (loan_days between 1 and 3650),
    version   integer not null default 1
);

create table loans.item (
    id         uuid        primary key,
    code       text        not null constraint item_code unique check (code <> ''),
    name       text        not null check (name <> ''),
    category   uuid        references loans.category (id),
    place      text        not null default '',
    status     text        not null default 'available'
                           check (status in ('available', 'maintenance', 'lost', 'retired')),
    notes      text        not null default '',
    folded     text        not null,
    -- When, by the latest fact, the item last changed hands, and by which loan.
    moved_at   timestamptz,
    last_loan  uuid,
    version    integer     not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index item_by_category on loans.item (category);

create table loans.tag (
    uid  text primary key references people.card (uid) on delete cascade,
    item uuid not null references loans.item (id)
);
create index tag_by_item on loans.tag (item);

create table loans.loan (
    id               uuid        primary key,  -- the id of the fact that began it
    item             uuid        not null references loans.item (id),
    person           uuid        not null references people.person (id),
    state            text        not null check (state in ('open', 'returned', 'cancelled', 'superseded')),
    borrowed_at      timestamptz not null,
    borrowed_certain boolean     not null,
    lent_by          uuid        references devices.agent (id),
    due_at           timestamptz,
    returned_at      timestamptz,
    returned_certain boolean     not null default true,
    return_fact      uuid,
    returned_by      uuid        references devices.agent (id),
    cancel_reason    text        not null default '',
    check ((state = 'returned') = (returned_at is not null))
);
-- The rule that no race can break: an item is out at most once.
create unique index loan_one_open on loans.loan (item) where state = 'open';
create index loan_by_time on loans.loan (borrowed_at desc, id desc);
create index loan_by_item on loans.loan (item, borrowed_at desc, id desc);
create index loan_by_person on loans.loan (person, borrowed_at desc, id desc);
create index loan_open_by_time on loans.loan (borrowed_at desc, id desc) where state = 'open';
create index loan_by_due on loans.loan (due_at) where state = 'open' and due_at is not null;
create index loan_by_return on loans.loan (returned_at) where returned_at is not null;
create index loan_by_return_fact on loans.loan (return_fact) where return_fact is not null;

create table loans.unknown_card (
    uid        text        primary key,
    technology text        not null,
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    times      integer     not null default 1,
    agent      uuid        references devices.agent (id),
    state      text        not null default 'open' check (state in ('open', 'registered', 'dismissed'))
);
create index unknown_card_by_time on loans.unknown_card (last_seen desc, uid desc);

create table loans.conflict (
    id         uuid        primary key,
    kind       text        not null,
    item       uuid        not null references loans.item (id),
    person     uuid        references people.person (id),
    fact       uuid        not null,
    loan       uuid,
    other_loan uuid,
    detail     text        not null default '',
    at         timestamptz not null,
    opened_at  timestamptz not null default now(),
    state      text        not null default 'open' check (state in ('open', 'settled')),
    resolution text        not null default '',
    note       text        not null default '',
    settled_by text        not null default '',
    settled_at timestamptz
);
create index conflict_by_time on loans.conflict (opened_at desc, id desc);
create index conflict_open on loans.conflict (item) where state = 'open';
create index conflict_by_loan on loans.conflict (loan) where state = 'open';
create index conflict_by_other on loans.conflict (other_loan) where state = 'open';
