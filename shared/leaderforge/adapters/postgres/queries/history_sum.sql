-- Returns a player's submissions before a position, latest first. Each row has the score directly after the submission.
-- Void events do not count. Only the player's events are read, on Citus from a single node. $7 is the largest magnitude
-- of a sum of scores, $8 is the largest magnitude of a sum of subscores. The sums of all events are within these
-- magnitudes, but the sums of the earlier events may exceed the magnitudes. The results are therefore clamped.
select achieved_at, received_us, submission_id, numbers, submitted, score, subscore
from (
    select achieved_at, received_us, submission_id, numbers, score as submitted,
        greatest(-$7::bigint, least($7, sum(score) over earlier))::bigint as score,
        greatest(-$8::bigint, least($8, sum(subscore) over earlier))::bigint as subscore
    from score_events
    where user_id = $1 and board_id = $2 and not void
    window earlier as (order by achieved_at, received_us, submission_id rows unbounded preceding)
) points
where (achieved_at, received_us, submission_id) < ($3, $4, $5)
order by achieved_at desc, received_us desc, submission_id desc
limit $6;
