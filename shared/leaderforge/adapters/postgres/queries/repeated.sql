-- Returns standings of players, and events by id, from one snapshot: between two reads, either may be deleted.
-- Event rows have no period_id, their id as run_id, and their subscore as subranked. A join would repeat all standings for
-- each event.
select
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
    board_id, period_id, void
from (
    select
        user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
        board_id, period_id, null::boolean as void
    from standings
    where user_id = any (string_to_array($1, ',')::bigint[]) and board_id = any (string_to_array($2, ',')::bigint[])
    union all
    select
        user_id, score, achieved_at, submission_id, metadata, null, null, null, subscore, null, received_us, board_id,
        null, void
    from score_events
    where user_id = any (string_to_array($1, ',')::bigint[]) and board_id = any (string_to_array($2, ',')::bigint[])
        and submission_id = any (string_to_array($3, ',')::uuid[])
) found;
