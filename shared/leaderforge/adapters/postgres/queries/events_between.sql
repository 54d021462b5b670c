-- events_between
-- Returns the players' events that count in the period $3, which is from $4 to $5 (ms).
select user_id, submission_id, score, achieved_at, metadata, subscore, received_us
from score_events
where board_id = $1
    and user_id = any (string_to_array($2, ',')::bigint[])
    and achieved_at >= $4
    and achieved_at < $5
    and not void
    and ($3::bigint = any (void_in)) is not true;
