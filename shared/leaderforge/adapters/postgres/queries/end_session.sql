delete from sessions where user_id = $1 and session_id = $2 returning user_id;
