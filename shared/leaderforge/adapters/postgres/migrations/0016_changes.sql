-- `change` is the requested difference of an event, null if a score was requested. Adding the column does not rewrite the
-- table.

alter table score_events add column change bigint;
