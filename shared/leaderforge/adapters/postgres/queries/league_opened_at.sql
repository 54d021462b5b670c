select opened_at from league_periods where board_id = $1 and period_id = $2;
