delete from sessions
where user_id = $1
    and session_id not in (
        select session_id from sessions where user_id = $1 order by created_at desc, session_id desc limit $2
    );
