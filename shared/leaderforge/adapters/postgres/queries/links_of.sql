-- Returns a player's links of one kind to players with ids above a given one.
select other_id, since
from player_links
where user_id = $1 and kind = $2 and other_id > $3
order by other_id
limit $4;
