-- `tiebreakers` are the named numbers by which a board orders entries with equal scores, as a JSON list. Null means none.

alter table boards add column tiebreakers jsonb;
