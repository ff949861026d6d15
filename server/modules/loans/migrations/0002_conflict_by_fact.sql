-- Taking a fact back asks for the conflicts that it opened.
create index conflict_by_fact on loans.conflict (fact);
