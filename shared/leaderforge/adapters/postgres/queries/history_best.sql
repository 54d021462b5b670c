-- Returns a player's submissions before a position, latest first. Each row has the score directly after the submission.
-- Void events do not count. Only the player's events are read, on Citus from a single node.
-- $7 (score) and $8 (subscore) are -1 if higher is better, 1 if lower is better.
select achieved_at, received_us, submission_id, numbers, submitted,
    best[1] * $7::bigint as score, best[2] * $8::bigint as subscore
from (
    select achieved_at, received_us, submission_id, numbers, score as submitted,
        min(array[score * $7::bigint, subscore * $8::bigint]) over earlier as best
    from score_events
    where user_id = $1 and board_id = $2 and not void
    window earlier as (order by achieved_at, received_us, submission_id rows unbounded preceding)
) points
where (achieved_at, received_us, submission_id) < ($3, $4, $5)
order by achieved_at desc, received_us desc, submission_id desc
limit $6;
