select seats, groups, open_groups
from league_divisions
where board_id = $1 and period_id = $2 and division = $3
for update;
