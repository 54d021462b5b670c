-- `+ 0` keeps the planner from the index that begins with board and period, as in league_results.sql.
select user_id, division, group_rank, movement
from league_results
where board_id + 0 = $1 and period_id + 0 = $2 and group_rank is not null
    and user_id = any (string_to_array($3, ',')::bigint[]);
