update periods set retired_at = $3 where board_id = $1 and period_id = $2 and retired_at is null;
