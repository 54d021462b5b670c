select user_ids from noticed_tops where board_id = $1 and period_id = $2;
