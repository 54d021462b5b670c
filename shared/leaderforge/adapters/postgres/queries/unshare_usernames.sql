delete from shared_names where username_key = $1 and user_id = $2;
