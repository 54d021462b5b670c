delete from entrants where board_id = $1;
