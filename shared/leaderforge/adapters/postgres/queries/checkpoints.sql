select revision from moment_checkpoints where board_id = $1 and period_id = $2 order by revision;
