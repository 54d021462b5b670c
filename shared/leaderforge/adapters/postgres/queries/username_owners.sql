select username_key, user_id from username_claims where username_key = any ($1::text[]) and is_look_alike is not true;
