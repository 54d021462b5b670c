-- Returns the standings of a batch. The result may also have standings that the batch does not name: any of its players
-- on any of its ladders.
select
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments,
    board_id, period_id
from standings
where user_id = any (string_to_array($1, ',')::bigint[])
    and board_id = any (string_to_array($2, ',')::bigint[])
    and period_id = any (string_to_array($3, ',')::bigint[]);
