update team_spans set left_at = $3 where user_id = $1 and joined_at = $2;
