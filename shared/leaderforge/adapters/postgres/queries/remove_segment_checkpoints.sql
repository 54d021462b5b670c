delete from segment_checkpoints where board_id = $1 and period_id = $2;
