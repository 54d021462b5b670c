update periods set dropped = true where board_id = $1 and period_id = $2;
