delete from team_spans where user_id = $1 and joined_at = $2;
