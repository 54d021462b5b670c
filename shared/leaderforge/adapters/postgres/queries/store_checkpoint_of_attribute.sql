insert into segment_checkpoints (board_id, period_id, attribute, revision, total, keys, above)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (board_id, period_id, attribute, revision)
do update set total = excluded.total, keys = excluded.keys, above = excluded.above;
