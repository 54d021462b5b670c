select user_id from entrants where board_id = $1 and period_id = $2 limit $3;
