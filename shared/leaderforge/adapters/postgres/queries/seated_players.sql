-- Returns the players among $3 who have a seat in a period. `+ 0` excludes the indexes that begin with board and
-- period. In a new period, which has no statistics yet, the planner expects a single row. It would therefore choose
-- such an index, and scan all seats of the period for each player.
select user_id
from league_members
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2;
