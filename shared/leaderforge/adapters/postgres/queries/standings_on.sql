-- standings_on
-- Of some boards in some periods, not all of which belong together.
select user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, board_id, period_id
from standings
where board_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[]);
