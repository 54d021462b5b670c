-- The player's submissions before a moment, the latest first, each with what it and those before it amount to.
-- Without what is void; read from the player's own events alone, on the one node that has them.
-- $6 and $7 are -1 where a higher score, or subscore, is better, and 1 where a lower one is.
select achieved_at, submission_id, submitted, best[1] * $6::bigint as score, best[2] * $7::bigint as subscore
from (
    select achieved_at, submission_id, score as submitted,
        min(array[score * $6::bigint, subscore * $7::bigint]) over earlier as best
    from score_events
    where user_id = $1 and board_id = $2 and not void
    window earlier as (order by achieved_at, submission_id rows unbounded preceding)
) points
where (achieved_at, submission_id) < ($3, $4)
order by achieved_at desc, submission_id desc
limit $5;
