delete from league_divisions where board_id = $1;
