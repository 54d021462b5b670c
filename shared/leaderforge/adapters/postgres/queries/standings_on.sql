-- standings_on
-- The ids are two lists instead of pairs. The result may therefore have other combinations of them, which callers skip.
select user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments, board_id, period_id
from standings
where board_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[]);
