-- Returns the number of all records of a Nakama leaderboard, the number of records from before the last reset, and
-- whether any record has a subscore.
select
  count(*) as records,
  count(*) filter (where expiry_time > '1970-01-01 00:00:00 UTC' and expiry_time <= now()) as expired,
  coalesce(bool_or(subscore <> 0), false) as subscores
from leaderboard_record
where leaderboard_id = $1
