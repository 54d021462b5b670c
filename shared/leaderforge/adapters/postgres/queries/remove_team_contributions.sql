delete from team_contributions
where board_id = $1 and period_id = $2 and team_id = any (string_to_array($3, ',')::bigint[]);
