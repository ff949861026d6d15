-- Accounts may have an address, to which a link to choose a new password is sent, seldom.
alter table accounts.account
    add column email text check (email <> '');
create unique index account_email on accounts.account (lower(email)) where email is not null;

-- When a link was sent to whom; three an hour are enough for anybody.
create table accounts.mailed_link (
    id      uuid        primary key,
    account uuid        not null references accounts.account (id) on delete cascade,
    at      timestamptz not null default now()
);
create index mailed_link_by_account on accounts.mailed_link (account, at);
