-- standings_on
-- Returns all standings with one of the board ids $1 and one of the period numbers $2. The result may therefore have
-- standings on ladders that were not requested. Callers skip them.
select user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments, board_id, period_id
from standings
where board_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[]);
