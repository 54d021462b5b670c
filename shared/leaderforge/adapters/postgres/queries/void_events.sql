update score_events set void = true where user_id = $1 and board_id = $2 and not void;
