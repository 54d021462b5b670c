delete from occurrences where board_id = $1;
