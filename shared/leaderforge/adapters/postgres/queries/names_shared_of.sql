select user_id from shared_names
where username_key = any ($1::text[]) and user_id = any (string_to_array($2, ',')::bigint[]);
