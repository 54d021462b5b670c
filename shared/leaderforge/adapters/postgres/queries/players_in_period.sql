-- Each half has a partial index. One snapshot: an entry that is hidden or shown between two would be in neither.
select user_id
from (
    select user_id from standings where board_id = $1 and period_id = $2 and hidden = 0
    union all
    select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0
) players
limit $3;
