select user_id, submission_id, score, achieved_at
from score_events
where board_id = $1 and recorded_at >= $2 and not void
order by recorded_at desc, submission_id desc
limit $3;
