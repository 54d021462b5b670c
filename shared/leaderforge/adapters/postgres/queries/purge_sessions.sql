delete from sessions
where user_id = any (string_to_array($1, ',')::bigint[])
    and session_id = any (string_to_array($2, ','))
    and expires_at <= $3;
