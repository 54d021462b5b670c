delete from past_standings
where board_id = $1 and period_id = $2 and user_id = any (string_to_array($3, ',')::bigint[]);
