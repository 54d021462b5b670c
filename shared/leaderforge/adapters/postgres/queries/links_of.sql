-- Returns links of one kind of a player, after an id.
select other_id, since
from player_links
where user_id = $1 and kind = $2 and other_id > $3
order by other_id
limit $4;
