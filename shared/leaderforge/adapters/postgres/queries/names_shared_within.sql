select username_key, user_id from (
    select username_key, user_id from username_claims where username_key like $1 and is_look_alike is not true
    union all
    select username_key, user_id from shared_names where username_key like $1
) as names
limit $2;
