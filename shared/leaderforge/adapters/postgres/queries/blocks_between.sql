-- Returns those of the players $2 with a block between them and a player, in either direction.
select distinct other_id
from player_links
where user_id = $1 and kind in ('blocks', 'blocked_by') and other_id = any (string_to_array($2, ',')::bigint[]);
