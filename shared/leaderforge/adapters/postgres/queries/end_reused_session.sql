-- A concurrent repetition within the time of $4 must not end the session.
delete from sessions where user_id = $1 and session_id = $2 and previous_digest = $3 and refreshed_at <= $4;
