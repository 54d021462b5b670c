delete from segment_corrections where board_id = $1;
