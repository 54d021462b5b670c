-- Returns the players among $1 who have at least one follower.
select user_id from users
where
    user_id = any (string_to_array($1, ',')::bigint[])
    and exists (select from player_links l where l.user_id = users.user_id and l.kind = 'followed_by');
