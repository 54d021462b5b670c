update periods set expired_at = $3 where board_id = $1 and period_id = $2 and expired_at is null;
