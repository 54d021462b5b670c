select period_id from settlements where board_id = $1 and period_id = $2 and settled_at is null;
