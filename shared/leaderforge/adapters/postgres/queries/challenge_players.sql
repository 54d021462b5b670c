select user_id, invitation, number, joined_at, challenge_id
from challenge_players
where invitation = $1
order by number;
