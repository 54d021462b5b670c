-- Two halves: each has a partial index. One statement: between two, a standing could move from one half to the other.
select user_id
from (
    select user_id from standings where board_id = $1 and period_id = $2 and hidden = 0
    union all
    select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0
) players
limit $3;
