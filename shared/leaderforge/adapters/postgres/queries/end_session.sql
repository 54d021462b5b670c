delete from sessions
where user_id = $1 and session_id = $2 and (digest = $3 or previous_digest = $3)
returning user_id;
