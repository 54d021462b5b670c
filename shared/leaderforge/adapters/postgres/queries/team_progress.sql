select reached from team_progress where board_id = $1;
