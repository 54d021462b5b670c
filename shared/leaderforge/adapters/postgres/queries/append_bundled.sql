-- Adds a row to the log for a single notice of a bundle, because deliveries refer to such rows only.
insert into notice_log (position, notice_id, origin, user_id, type, board, at, body, size)
values ($1, $2, $3, $4, $5, $6, $7, $8, 0)
on conflict (origin) do nothing;
