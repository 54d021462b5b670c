-- Returns a player's submissions before a position, latest first. Each row has the score directly after the submission.
-- Void events do not count. Only the player's events are read, on Citus from a single node.
select achieved_at, received_us, submission_id, numbers, score as submitted, score, subscore
from score_events
where user_id = $1 and board_id = $2 and not void and (achieved_at, received_us, submission_id) < ($3, $4, $5)
order by achieved_at desc, received_us desc, submission_id desc
limit $6;
