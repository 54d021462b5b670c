insert into challenge_players (user_id, invitation, number, joined_at, challenge_id) values ($1, $2, $3, $4, $5);
