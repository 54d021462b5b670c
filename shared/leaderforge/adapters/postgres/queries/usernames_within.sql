select username_key, user_id from username_claims
where username_key like $1 and not is_look_alike
limit $2;
