delete from entrants where user_id = $1 and board_id = $2 and period_id = $3;
