insert into notice_log (origin, user_id, type, board, at, body)
values ($1, $2, $3, $4, $5, $6)
on conflict (origin) do nothing;
