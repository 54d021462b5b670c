-- Returns the players who are hidden, on all boards or on this one (bits 1 and 2 of `hidden`).
select user_id from standings
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[]) and hidden & 3 <> 0
union
select user_id from users
where user_id = any (string_to_array($2, ',')::bigint[]) and hidden;
