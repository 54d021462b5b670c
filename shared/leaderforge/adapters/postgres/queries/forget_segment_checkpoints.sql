delete from segment_checkpoints where board_id = $1;
