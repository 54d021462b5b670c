-- `tiers` has the tiers of a board, the best one first: a JSON array of objects with `name` and at most one of `score`,
-- `rank` and `percent`. Null means that the board has none.

alter table boards add column tiers jsonb;
