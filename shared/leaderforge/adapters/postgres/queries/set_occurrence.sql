update occurrences set entrants = $3 where board_id = $1 and period_id = $2;
