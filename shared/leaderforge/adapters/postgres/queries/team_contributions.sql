select team_id, user_id, score, achieved_at, received_us, run_id, submissions, hidden
from team_contributions
where board_id = $1 and period_id = $2 and team_id = any (string_to_array($3, ',')::bigint[]);
