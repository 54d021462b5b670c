-- Returns the player's events that count in the period $3, in the order of recording. The period is from $4 to $5 (ms). An
-- event that was replaced after the period counts: the least of its numbers in `void_in` is from $6 to $7.
select user_id, submission_id, score, achieved_at, metadata, subscore, received_us
from score_events
where user_id = $1 and board_id = $2 and achieved_at >= $4 and achieved_at < $5
    and (not void or (select min(number) from unnest(void_in) as number) between $6 and $7)
    and ($3::bigint = any (void_in)) is not true
order by recorded_at, received_us, submission_id;
