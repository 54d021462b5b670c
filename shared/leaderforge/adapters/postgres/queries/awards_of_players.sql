-- Returns the awards of the players $3 in a period that are not revoked. `+ 0` prevents the use of indexes that begin
-- with board and period: while a new period has no statistics, the planner expects one row in such an index, and would
-- scan all awards of the period for each chunk of players.
select user_id, reward
from awards
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2
    and revoked_at is null;
