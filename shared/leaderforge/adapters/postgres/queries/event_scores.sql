select user_id, board_id, submission_id, score, achieved_at, void
from score_events
where user_id = any (string_to_array($1, ',')::bigint[])
    and submission_id = any (string_to_array($2, ',')::uuid[]);
