-- Settings of a leaderboard of Nakama, as JSON because later versions have more columns.
select to_jsonb(leaderboard)::text as settings from leaderboard where id = $1
