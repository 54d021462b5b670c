-- Returns the players among these whom another player follows.
select user_id from users
where
    user_id = any (string_to_array($1, ',')::bigint[])
    and exists (select from player_links l where l.user_id = users.user_id and l.kind = 'followed_by');
