-- `past_backfills` is a JSON list of the backfills of a board that have ended. At moments before their end (`ended_at`, in
-- ms), the past standings of the added period kinds are incomplete. It is null without any.

alter table boards add column past_backfills jsonb;
