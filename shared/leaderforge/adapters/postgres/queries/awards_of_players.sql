-- Returns the awards of the players $3 in a period that are not revoked. `+ 0` excludes the indexes that begin with
-- board and period. In a new period, which has no statistics yet, the planner expects a single row. It would therefore
-- choose such an index, and scan all awards of the period for each chunk of players.
select user_id, reward
from awards
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2
    and revoked_at is null;
