insert into teams (team_id, captain_id, max_members, joining) values ($1, $2, $3, $4);
