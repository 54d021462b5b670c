-- On all boards: a player is on few.
select user_id, board_id, period_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden
from standings
where user_id = any (string_to_array($1, ',')::bigint[]);
