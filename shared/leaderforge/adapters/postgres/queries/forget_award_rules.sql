delete from award_rules where board_id = $1;
