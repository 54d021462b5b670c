-- Moves a settlement from the part $3 and the progress $4 to the part $5 and the progress $6. Changes no row if the
-- stored values differ from $3 and $4, or if the settlement is finished.
update settlements set part = $5, progress = $6
where board_id = $1 and period_id = $2 and part = $3 and progress = $4::jsonb and settled_at is null
returning period_id;
