select team_id, captain_id, max_members, joining
from teams
where team_id = any (string_to_array($1, ',')::bigint[]);
