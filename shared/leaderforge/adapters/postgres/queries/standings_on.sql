-- standings_on
-- Two lists instead of pairs: the result may contain ladders that were not requested, and callers skip these.
select user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, board_id, period_id
from standings
where board_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[]);
