select distinct user_id, period_id
from team_contributions
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[]);
