select invitation, board_id, starts_at, ends_at, late_until, max_players, players
from challenges
where invitation = any (string_to_array($1, ','));
