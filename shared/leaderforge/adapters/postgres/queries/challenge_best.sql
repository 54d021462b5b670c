-- Returns the best counting event of each player in a challenge, and the number of the player's counting events. An event
-- that was replaced after the challenge counts: its only number in `void_in` is from $6 to $7. $8 (score) and
-- $9 (subscore) are -1 if higher is better, 1 if lower is better.
select distinct on (user_id)
    user_id, submission_id, score, subscore, achieved_at, received_us, metadata,
    bool_or(score <> 0 or subscore <> 0) over of_player as scored,
    count(*) over of_player as submissions
from score_events
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[])
    and achieved_at >= $3 and achieved_at < $4 and recorded_at < $5
    and (not void and coalesce(cardinality(void_in), 0) = 0 or cardinality(void_in) = 1 and void_in[1] between $6 and $7)
window of_player as (partition by user_id)
order by user_id, score * $8::bigint, subscore * $9::bigint, achieved_at, received_us, submission_id;
