-- Appends bundles in order. The lock of the log makes the numbers of the sequence consecutive.
insert into notice_log (position, origin, user_id, type, board, at, size, ladders, body)
select
    setval('notice_log_position_seq', nextval('notice_log_position_seq') + size - 1),
    origin, -9223372036854775808, 'bundle', '', at, size, ladders, body
from (values ($1::text, $2::bigint, $3::integer, $4::text, $5::text)) as bundles (origin, at, size, ladders, body)
on conflict (origin) do nothing;
