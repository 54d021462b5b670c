delete from noticed_tiers where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[]);
