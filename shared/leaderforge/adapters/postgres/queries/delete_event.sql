delete from score_events where user_id = $1 and board_id = $2 and submission_id = $3;
