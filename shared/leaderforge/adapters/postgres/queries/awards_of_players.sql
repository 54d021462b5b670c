-- `+ 0` keeps the planner from the indexes that begin with board and period. While a new period has no statistics, the
-- planner would expect one row in such an index. It would then scan all awards of the period for each chunk of players.
select user_id, reward
from awards
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2
    and revoked_at is null;
