update score_events set void = $4 where user_id = $1 and board_id = $2 and submission_id = $3;
