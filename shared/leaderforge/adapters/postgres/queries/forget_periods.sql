-- forget_periods
delete from periods where board_id = $1;
