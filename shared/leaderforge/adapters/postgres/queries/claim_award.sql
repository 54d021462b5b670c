-- Claims an award. Changes no row if the award is already claimed or is revoked.
update awards set claim_id = $5, claimed_at = $6, claimed_by = $7
where user_id = $1 and board_id = $2 and period_id = $3 and reward = $4 and claim_id is null and revoked_at is null
returning user_id, board_id, period_id, reward, payload, rank, granted_at, revoked_at, claim_id, claimed_at, claimed_by;
