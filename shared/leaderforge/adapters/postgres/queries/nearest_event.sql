-- Returns the time of another submission of the player between $4 and $5 (ms). These are the times one minimum interval
-- before and one after the submission $3. Returns no row if there is no other submission.
select achieved_at
from score_events
where user_id = $1 and board_id = $2 and submission_id <> $3 and achieved_at > $4 and achieved_at < $5 and not void
limit 1;
