-- `numbers` are the named numbers of a submission as a JSON object, null without any. Adding the column does not rewrite
-- the table.

alter table score_events add column numbers jsonb;
