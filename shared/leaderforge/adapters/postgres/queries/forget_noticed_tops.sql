delete from noticed_tops where board_id = $1;
