-- Returns the standings of a batch. It may also return standings of its players on ladders of other players.
select
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments,
    board_id, period_id
from standings
where user_id = any (string_to_array($1, ',')::bigint[])
    and board_id = any (string_to_array($2, ',')::bigint[])
    and period_id = any (string_to_array($3, ',')::bigint[]);
