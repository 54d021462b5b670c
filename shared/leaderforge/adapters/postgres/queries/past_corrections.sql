-- Returns those places of erased players that a checkpoint of the revision $3 still counts.
select ranked, subranked, achieved_at, user_id
from moment_corrections
where board_id = $1 and period_id = $2 and revision <= $3 and (until is null or until > $3)
    and ($4::integer <= 1 or submissions >= $4);
