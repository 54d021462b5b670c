delete from entrants where user_id = $1;
