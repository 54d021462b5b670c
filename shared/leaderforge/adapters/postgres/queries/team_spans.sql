select user_id, team_id, joined_at, left_at
from team_spans
where user_id = any (string_to_array($1, ',')::bigint[])
order by user_id, joined_at;
