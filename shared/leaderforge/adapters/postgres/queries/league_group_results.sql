select user_id, division, group_number, group_rank, group_size, movement, next_division
from league_results
where board_id = $1 and period_id = $2 and division = $3 and group_number = $4
order by group_rank, user_id;
