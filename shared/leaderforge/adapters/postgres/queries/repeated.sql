-- Standings of players on some boards, and events by their ids, in one snapshot: read apart, one of the two may be gone.
-- An event has no period, and its id in the place of a run's. Joined, each event would repeat all standings.
select
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, board_id, period_id,
    void
from (
    select
        user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, board_id,
        period_id, null::boolean as void
    from standings
    where user_id = any (string_to_array($1, ',')::bigint[]) and board_id = any (string_to_array($2, ',')::bigint[])
    union all
    select user_id, score, achieved_at, submission_id, null, null, null, null, null, null, board_id, null, void
    from score_events
    where user_id = any (string_to_array($1, ',')::bigint[]) and board_id = any (string_to_array($2, ',')::bigint[])
        and submission_id = any (string_to_array($3, ',')::uuid[])
) found;
