-- Changes no row if the stored progress differs from $3 and $4.
update settlements set part = $5, progress = $6
where board_id = $1 and period_id = $2 and part = $3 and progress = $4::jsonb and settled_at is null
returning period_id;
