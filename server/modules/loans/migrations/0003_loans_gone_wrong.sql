-- The few loans that were cancelled or superseded are found among the many that were returned.
create index loan_gone_wrong on loans.loan (state, borrowed_at desc, id desc)
 where state in ('cancelled', 'superseded');
