-- Entries are sealed in the order in which they were inserted, as far as transactions have ended;
-- a transaction id is given out before its transaction waits for a lock, and says nothing of order.
-- `xid` now means: every entry of a transaction below it is sealed.
alter table journal.sealed drop column seq;
