delete from minute_leaders where user_id = $1;
