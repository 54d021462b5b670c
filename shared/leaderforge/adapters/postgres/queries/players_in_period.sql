-- Visible and hidden standings have a partial index each. One statement reads both: between two statements, a standing
-- that is hidden meanwhile would be missed.
select user_id
from (
    select user_id from standings where board_id = $1 and period_id = $2 and hidden = 0
    union all
    select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0
) players
limit $3;
