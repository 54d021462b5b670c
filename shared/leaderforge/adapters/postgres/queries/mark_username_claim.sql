update username_claims set is_look_alike = $3 where username_key = $1 and user_id = $2;
