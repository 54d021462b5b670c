-- Returns the awards of a player after a position (board, period, reward), in order.
select user_id, board_id, period_id, reward, payload, rank, granted_at, revoked_at, claim_id, claimed_at, claimed_by
from awards
where user_id = $1 and (board_id, period_id, reward) > ($2, $3, $4)
order by board_id, period_id, reward
limit $5;
