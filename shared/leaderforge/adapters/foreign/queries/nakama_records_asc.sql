-- Returns the records of a Nakama leaderboard in the order of their ranks. If $2 is true, the records from before the
-- last reset of the leaderboard are included.
select
  record.owner_id::text,
  coalesce(record.username, users.username) as username,
  record.score,
  record.subscore,
  record.metadata::text,
  record.update_time,
  extract(epoch from record.expiry_time)::bigint as expiry_s,
  coalesce(users.disable_time > '1970-01-01 00:00:00 UTC', false) as banned
from leaderboard_record as record
left join users on users.id = record.owner_id
where record.leaderboard_id = $1
  and (record.expiry_time = '1970-01-01 00:00:00 UTC' or record.expiry_time > now() or $2::boolean)
order by record.score asc, record.subscore asc, record.owner_id asc
