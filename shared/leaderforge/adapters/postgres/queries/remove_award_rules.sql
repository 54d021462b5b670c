delete from award_rules where board_id = $1 and period_id = $2;
