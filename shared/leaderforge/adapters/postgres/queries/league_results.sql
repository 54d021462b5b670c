-- Returns the results of players in a period of a league. `+ 0` excludes the indexes that begin with board and period.
-- In a new period, which has no statistics yet, the planner expects a single row. It would therefore choose such an
-- index, and scan all results of the period for each player.
select user_id, division, group_number, group_rank, group_size, movement, next_division
from league_results
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2;
