-- Returns those places of erased players in the segment $6 that a checkpoint of the revision $4 still counts. Without
-- $6, returns the places in all segments of the attribute $3.
select ranked, subranked, achieved_at, user_id, segment
from segment_corrections
where board_id = $1 and period_id = $2 and attribute = $3 and revision <= $4 and (until is null or until > $4)
    and ($5::integer <= 1 or submissions >= $5) and ($6::text is null or segment = $6);
