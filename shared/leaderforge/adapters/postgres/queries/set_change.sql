-- Stores the score of an event that requests a change. The score was computed from the player's standing.
update score_events set score = $4, achieved_at = $5, received_us = $6, change = $7
where user_id = $1 and board_id = $2 and submission_id = $3;
