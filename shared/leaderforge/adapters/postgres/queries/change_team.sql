update teams set captain_id = $2, max_members = $3, joining = $4 where team_id = $1;
