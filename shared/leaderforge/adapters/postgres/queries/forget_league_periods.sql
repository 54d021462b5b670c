delete from league_periods where board_id = $1;
