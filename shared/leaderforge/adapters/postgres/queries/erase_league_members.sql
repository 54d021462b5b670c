delete from league_members where user_id = $1;
