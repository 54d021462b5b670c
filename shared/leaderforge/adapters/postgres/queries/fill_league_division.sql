update league_divisions set seats = $4, groups = $5, open_groups = $6
where board_id = $1 and period_id = $2 and division = $3;
