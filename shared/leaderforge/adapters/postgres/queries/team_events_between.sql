-- Returns the events on the boards $1 that were recorded between $2 and $3 (ms).
select distinct board_id, user_id, achieved_at
from score_events
where recorded_at >= $2 and recorded_at < $3 and board_id = any (string_to_array($1, ',')::bigint[]);
