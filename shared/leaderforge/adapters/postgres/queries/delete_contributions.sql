delete from team_contributions
where team_id = $1 and board_id = $2 and period_id = $3 and user_id = any (string_to_array($4, ',')::bigint[]);
