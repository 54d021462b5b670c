-- Returns the time of a submission of the player between $4 and $5 (ms), other than the submission $3. $4 is one
-- minimum interval before the submission $3, and $5 one minimum interval after it. Returns no row without such a
-- submission.
select achieved_at
from score_events
where user_id = $1 and board_id = $2 and submission_id <> $3 and achieved_at > $4 and achieved_at < $5 and not void
limit 1;
