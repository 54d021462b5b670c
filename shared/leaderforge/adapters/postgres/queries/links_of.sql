-- Returns up to $4 links of a player of the kind $2, to players with ids above $3.
select other_id, since
from player_links
where user_id = $1 and kind = $2 and other_id > $3
order by other_id
limit $4;
