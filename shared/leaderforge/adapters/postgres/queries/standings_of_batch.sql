-- Returns the standings of a batch. Players, boards and periods are given as three lists. The result may therefore also
-- have standings of the batch's players on other ladders of the batch.
select
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments,
    board_id, period_id
from standings
where user_id = any (string_to_array($1, ',')::bigint[])
    and board_id = any (string_to_array($2, ',')::bigint[])
    and period_id = any (string_to_array($3, ',')::bigint[]);
