-- The site as its first admin named it; API tokens get an id, so that one can be revoked.
create table kernel.site (
    only_one   boolean     primary key default true check (only_one),
    id         uuid        not null,
    name       text        not null check (name <> ''),
    zone       text        not null,
    language   text        not null,
    set_up_at  timestamptz not null default now(),
    version    integer     not null default 1
);

alter table kernel.token
    add column id         uuid        not null default gen_random_uuid() constraint token_id unique,
    add column created_by text        not null default '',
    add column used_at    timestamptz;
