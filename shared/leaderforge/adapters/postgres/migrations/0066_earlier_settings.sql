-- `earlier_settings` is a JSON list of the rank styles and tiers that a board had before their changes, each with the time
-- (ms) of its change (`until`). It is null without any.

alter table boards add column earlier_settings jsonb;
