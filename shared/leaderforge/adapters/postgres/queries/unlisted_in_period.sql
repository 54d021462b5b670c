select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0 limit $3;
