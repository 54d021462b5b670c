-- Visible and hidden standings have a partial index each. One statement reads both, because two statements would miss a
-- standing that is hidden between them.
select user_id
from (
    select user_id from standings where board_id = $1 and period_id = $2 and hidden = 0
    union all
    select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0
) players
limit $3;
