-- Returns the players among $1 who exist.
select user_id from users where user_id = any (string_to_array($1, ',')::bigint[]);
