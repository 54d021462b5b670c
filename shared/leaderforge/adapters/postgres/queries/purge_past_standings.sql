-- purge_past_standings
delete from past_standings where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[]);
