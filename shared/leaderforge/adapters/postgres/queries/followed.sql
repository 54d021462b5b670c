-- Returns the players with ids above $2 whom the player $1 follows, and whether each of them follows the player back.
select
    l.other_id, l.since,
    exists (
        select from player_links back
        where back.user_id = $1 and back.kind = 'followed_by' and back.other_id = l.other_id
    ) as is_mutual
from player_links l
where l.user_id = $1 and l.kind = 'follows' and l.other_id > $2
order by l.other_id
limit $3;
