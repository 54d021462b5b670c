select user_id, board_id, period_id, reward, payload, rank, granted_at, revoked_at, claim_id, claimed_at, claimed_by
from awards
where user_id = $1 and board_id = $2 and period_id = $3 and reward = $4;
