-- Returns one row if the board has past standings.
select user_id from past_standings where board_id = $1 limit 1;
