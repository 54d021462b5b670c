-- Those of a board that may be too old to be kept, and that the index has nothing of.
select board_id, period_id, retired_at, expired_at
from periods
where board_id = $1 and period_id < $2 and dropped
order by period_id
limit $3;
