-- Returns all standings of players. A filter by board is not needed, because a player has few standings.
select user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments, board_id, period_id
from standings
where user_id = any (string_to_array($1, ',')::bigint[]);
