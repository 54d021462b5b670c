-- Two halves, because each has a partial index. One statement: between two, a standing could move to the other half.
select user_id
from (
    select user_id from standings where board_id = $1 and period_id = $2 and hidden = 0
    union all
    select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0
) players
limit $3;
