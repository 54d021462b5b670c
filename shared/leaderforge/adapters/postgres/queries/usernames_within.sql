select username_key, user_id from username_claims
where username_key like $1 and is_look_alike is not true
limit $2;
