update awards set revoked_at = $5
where user_id = $1 and board_id = $2 and period_id = $3 and reward = $4 and revoked_at is null
returning user_id;
