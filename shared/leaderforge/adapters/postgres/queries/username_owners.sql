select username_key, user_id from username_claims where username_key = any ($1::text[]) and not is_look_alike;
