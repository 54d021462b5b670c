-- Returns whether places of erased players must still be subtracted from checkpoints of a ladder.
select
    exists (select from moment_corrections where board_id = $1 and period_id = $2)
    or exists (select from segment_corrections where board_id = $1 and period_id = $2) as pending;
