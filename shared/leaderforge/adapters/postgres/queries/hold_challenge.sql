-- Locks a challenge until the commit, and returns it.
select invitation, board_id, starts_at, ends_at, late_until, max_players, players
from challenges
where invitation = $1
for update;
