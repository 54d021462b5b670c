select min(period_id) as period_id from league_periods where board_id = $1;
