-- standings_on
-- Returns all standings of ladders. The ids are given as two lists instead of pairs of board and period. The result may
-- therefore have standings on ladders that were not requested. Callers skip them.
select user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments, board_id, period_id
from standings
where board_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[]);
