-- Returns the challenges with the invitations $1, except challenges on deleted boards.
select invitation, board_id, starts_at, ends_at, late_until, max_players, players
from challenges
where invitation = any (string_to_array($1, ','))
    and board_id in (select board_id from boards where not deleted);
