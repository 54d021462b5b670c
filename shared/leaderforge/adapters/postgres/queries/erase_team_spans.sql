delete from team_spans where team_id = $1;
