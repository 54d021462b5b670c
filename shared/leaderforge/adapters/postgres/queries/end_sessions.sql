delete from sessions where user_id = $1 returning session_id;
