insert into team_spans (user_id, team_id, joined_at) values ($1, $2, $3);
