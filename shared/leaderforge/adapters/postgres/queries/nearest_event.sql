-- Returns another submission of the player within the minimum interval.
select achieved_at
from score_events
where user_id = $1 and board_id = $2 and submission_id <> $3 and achieved_at > $4 and achieved_at < $5 and not void
limit 1;
