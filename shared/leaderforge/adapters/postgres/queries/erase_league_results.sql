delete from league_results where user_id = $1;
