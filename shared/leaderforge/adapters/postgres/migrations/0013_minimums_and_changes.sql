-- `min_submissions` is the minimum of submissions to be ranked on a board; 1 means none. `change` is the requested difference
-- of an event, null if a score was requested. `attributes` of a player is a JSON object. Adding the columns does not rewrite
-- the tables.

alter table boards add column min_submissions integer not null default 1;
alter table score_events add column change bigint;
alter table users add column attributes jsonb;
