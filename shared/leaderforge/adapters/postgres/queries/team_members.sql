select user_id, team_id, joined_at, left_at
from team_spans
where team_id = $1 and left_at is null
order by joined_at, user_id;
