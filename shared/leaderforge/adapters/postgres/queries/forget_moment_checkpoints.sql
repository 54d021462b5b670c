delete from moment_checkpoints where board_id = $1;
