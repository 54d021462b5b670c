delete from team_contributions where board_id = $1 and team_id = any (string_to_array($2, ',')::bigint[]);
