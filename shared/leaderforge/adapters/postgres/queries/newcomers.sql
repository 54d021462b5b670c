-- Returns the players among $1 who are hidden, or who have the id of an erased player. `revision` is the highest
-- revision of the erased player, null without an erased player.
select users.user_id, users.hidden, max(touches.revision) as revision
from users
left join touches on touches.user_id = users.user_id
where users.user_id = any (string_to_array($1, ',')::bigint[])
group by users.user_id, users.hidden
having users.hidden or max(touches.revision) is not null;
