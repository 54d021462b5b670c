-- Returns standings of players, and events by id. One statement reads both, because a standing or an event could be
-- deleted between two statements. In a row of an event, period_id is null, run_id is the id of the event, and subranked
-- is its subscore. A join would repeat all standings of a player for each event.
select
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
    segments, board_id, period_id, void, change, numbers
from (
    select
        user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
        segments, board_id, period_id, null::boolean as void, null::bigint as change, null::jsonb as numbers
    from standings
    where user_id = any (string_to_array($1, ',')::bigint[]) and board_id = any (string_to_array($2, ',')::bigint[])
    union all
    select
        user_id, score, achieved_at, submission_id, metadata, null, null, null, subscore, null, received_us, null,
        board_id, null, void, change, numbers
    from score_events
    where user_id = any (string_to_array($1, ',')::bigint[]) and board_id = any (string_to_array($2, ',')::bigint[])
        and submission_id = any (string_to_array($3, ',')::uuid[])
) found;
