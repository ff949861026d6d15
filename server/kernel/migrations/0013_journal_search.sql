-- What an admin filters the journal by is found by an index, however long the journal is.
create index entry_by_module on journal.entry (module, seq);
-- Names of actors are long, and a hash of one is enough to find its entries.
create index entry_by_actor on journal.entry (hashtext(actor), seq);
