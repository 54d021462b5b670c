-- Returns the places of erased players that must still be subtracted from the checkpoints of a ladder.
select ranked, subranked, achieved_at, user_id, submissions, revision, until
from moment_corrections
where board_id = $1 and period_id = $2;
