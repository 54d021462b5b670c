-- Removes standings: resets them to the neutral element of folds, so that the next event begins a new fold. Sets bit 4
-- (removed) of `hidden`. Bits 1 and 2 stay.
update standings
set score = $4, subranked = $5, achieved_at = $6, run_id = $7, metadata = null, scored = false, submissions = 0,
    hidden = (hidden & 3) | 4, revision = greatest(revision + 1, $8)
where user_id = $1 and board_id = $2 and period_id = any (string_to_array($3, ',')::bigint[]);
