select user_id, username, email, created_at, external_id, attributes from users where user_id = any (string_to_array($1, ',')::bigint[]);
