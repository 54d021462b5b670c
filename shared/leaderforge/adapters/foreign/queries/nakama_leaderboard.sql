-- Returns the settings of a leaderboard of Nakama. The settings are one JSON text, because later versions of Nakama
-- have more columns.
select to_jsonb(leaderboard)::text as settings from leaderboard where id = $1
