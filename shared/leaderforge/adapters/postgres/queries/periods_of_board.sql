select period_id, retired_at is not null as retired
from periods
where board_id = $1 and period_id < $2 and expired_at is null
order by period_id desc
limit $3;
