-- Past periods of a board without index keys: candidates to expire or purge.
select board_id, period_id, retired_at, expired_at
from periods
where board_id = $1 and period_id < $2 and dropped
order by period_id
limit $3;
