delete from username_claims where username_key = $1 and user_id = $2;
