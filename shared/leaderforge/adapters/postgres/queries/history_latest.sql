-- The player's submissions before a moment, the latest first, each with what it and those before it amount to.
-- Without what is void; read from the player's own events alone, on the one node that has them.
select achieved_at, submission_id, score as submitted, score, subscore
from score_events
where user_id = $1 and board_id = $2 and not void and (achieved_at, submission_id) < ($3, $4)
order by achieved_at desc, submission_id desc
limit $5;
