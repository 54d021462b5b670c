-- Returns the awards of a period after a position (rank, player, reward), in order.
select user_id, board_id, period_id, reward, payload, rank, granted_at, revoked_at, claim_id, claimed_at, claimed_by
from awards
where board_id = $1 and period_id = $2 and (rank, user_id, reward) > ($3, $4, $5)
order by rank, user_id, reward
limit $6;
