-- Returns the ladders with places of erased players that must still be subtracted from checkpoints.
select board_id, period_id from moment_corrections
union
select board_id, period_id from segment_corrections
order by board_id, period_id;
