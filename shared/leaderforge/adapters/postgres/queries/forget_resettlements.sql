delete from resettlements where board_id = $1;
