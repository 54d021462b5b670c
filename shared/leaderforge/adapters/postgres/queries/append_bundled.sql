-- Adds a row of its own to the log for each of these notices, which are parts of bundles. Deliveries refer to such
-- rows.
insert into notice_log (position, notice_id, origin, user_id, type, board, at, body, size)
values ($1, $2, $3, $4, $5, $6, $7, $8, 0)
on conflict (origin) do nothing;
