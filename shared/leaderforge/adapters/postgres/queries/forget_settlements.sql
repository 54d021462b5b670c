delete from settlements where board_id = $1;
