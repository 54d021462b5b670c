-- finish_backfill
update boards set backfill_kinds = null, backfill_since = null, backfill_until = null, past_backfills = $3
where board_id = $1 and backfill_until = $2
returning board_id;
