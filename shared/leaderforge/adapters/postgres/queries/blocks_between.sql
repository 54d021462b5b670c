-- Returns the players among $2 who blocked the player $1, or whom the player $1 blocked.
select distinct other_id
from player_links
where user_id = $1 and kind in ('blocks', 'blocked_by') and other_id = any (string_to_array($2, ',')::bigint[]);
