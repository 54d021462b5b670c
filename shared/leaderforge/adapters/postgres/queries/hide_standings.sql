update standings set hidden = hidden | 2
where user_id = any (string_to_array($1, ',')::bigint[]);
