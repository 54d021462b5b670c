-- Returns up to $3 periods of a board with numbers below $2. The index keys of these periods are deleted already. Only
-- such periods may expire and be purged.
select board_id, period_id, retired_at, expired_at
from periods
where board_id = $1 and period_id < $2 and dropped
order by period_id
limit $3;
