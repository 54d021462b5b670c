insert into sessions (user_id, session_id, digest, created_at, refreshed_at, expires_at)
values ($1, $2, $3, $4, $4, $5);
