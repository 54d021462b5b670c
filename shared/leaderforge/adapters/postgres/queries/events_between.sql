-- events_between
select user_id, submission_id, score, achieved_at, metadata, subscore, received_us
from score_events
where board_id = $1
    and user_id = any (string_to_array($2, ',')::bigint[])
    and achieved_at >= $3
    and achieved_at < $4
    and not void;
