-- Sign-in at a kiosk by card and PIN: whose kiosk it was, and sessions that nothing weighty follows from.
-- No reference to devices.agent: modules migrate in order, and accounts come before devices.
alter table accounts.one_time add column agent uuid;
alter table accounts.session add column agent uuid;
-- Null: card and PIN were enough for this session, and are not for what is weighty.
alter table accounts.session alter column authenticated_at drop not null;
create index session_by_agent on accounts.session (agent) where agent is not null and revoked_at is null;
