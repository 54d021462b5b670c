delete from segment_corrections where board_id = $1 and period_id = $2;
