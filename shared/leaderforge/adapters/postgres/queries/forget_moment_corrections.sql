delete from moment_corrections where board_id = $1;
