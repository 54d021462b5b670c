-- Returns the players among $3 who have a seat in a period. `+ 0` prevents the use of indexes that begin with board and
-- period: while a new period has no statistics, the planner expects one row in such an index, and would scan all
-- members of the period for each player.
select user_id
from league_members
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2;
