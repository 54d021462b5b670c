select user_id, invitation, number, joined_at, challenge_id from challenge_players where user_id = $1;
