select count(*) as awards from awards where board_id = $1 and period_id = $2 and revoked_at is null;
