-- Returns up to $3 players with standings in a period. Visible and hidden standings have a partial index each. One
-- statement reads both indexes. Two statements could miss a standing that is hidden or shown between the two
-- statements.
select user_id
from (
    select user_id from standings where board_id = $1 and period_id = $2 and hidden = 0
    union all
    select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0
) players
limit $3;
