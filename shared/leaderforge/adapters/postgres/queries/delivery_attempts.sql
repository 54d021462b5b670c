select notice_id, type, at, attempt, redriven, status, error, duration_ms
from delivery_attempts
where endpoint_id = $1
order by attempt_id desc
limit $2;
