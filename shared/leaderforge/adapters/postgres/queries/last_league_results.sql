-- Returns the latest result of each of the players $3 before the period $2. `+ 0` excludes the indexes that begin with
-- board and period. In a new period, which has no statistics yet, the planner expects a single row. It would therefore
-- choose such an index, and scan all earlier results for each player.
select distinct on (user_id) user_id, group_rank, group_size, movement, next_division
from league_results
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 < $2
order by user_id, period_id desc;
