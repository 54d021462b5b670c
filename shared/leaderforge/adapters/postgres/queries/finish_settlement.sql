-- Marks a settlement as finished. Changes no row if another process has moved its progress.
update settlements set settled_at = $5
where board_id = $1 and period_id = $2 and part = $3 and progress = $4::jsonb and settled_at is null
returning period_id;
