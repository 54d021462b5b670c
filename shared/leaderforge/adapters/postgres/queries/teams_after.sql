select team_id from teams where team_id > $1 order by team_id limit $2;
