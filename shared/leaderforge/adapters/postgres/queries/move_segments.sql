-- Moves a player's standings in the periods $3 of a board to the segments of the player's attributes $4.
update standings s
set segments = segments_of(coalesce(u.attributes, '{}'), $4), revision = greatest(s.revision + 1, $5)
from users u
where u.user_id = s.user_id and s.user_id = $1 and s.board_id = $2
    and s.period_id = any (string_to_array($3, ',')::bigint[])
    and s.segments is distinct from segments_of(coalesce(u.attributes, '{}'), $4);
